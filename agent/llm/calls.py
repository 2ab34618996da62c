"""The only place from which a model is called: budget before, tries and streaming during, ledger after."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

import prompts
from agent import events
from agent.answer import Usage
from agent.errors import CiteloomError
from agent.llm import faults, models, tokens
from agent.llm.attempt import Attempt, as_dict, calls_of, content_of, description_of
from agent.llm.budget import Budget, Entry
from agent.llm.faults import Fault
from agent.llm.models import ModelChoice
from agent.llm.prices import Price
from agent.llm.reasoning import sayable, without_reasoning
from agent.watching import NOBODY, Watcher

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
    from langchain_core.tools import BaseTool

TRIES = 3
_FIRST_WAIT = 0.5
"""Seconds before the second try; each further wait is twice as long."""
_LONGEST_WAIT = 30.0
_CHARACTERS_A_TOKEN = 3
"""Fewer than any text has, so that a reply is counted exactly before it can be over a limit."""
_MOST_ARGUMENTS = 4000
"""Characters of arguments in one reply; what is longer is a model gone astray."""
Result = TypeVar("Result")


class Cut(Exception):
    """A reply was cut short: by the user, or by a limit. `text` is what had come."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(reason)
        self.text = text
        self.reason = reason


@dataclass(slots=True, eq=False)
class Chat:
    """A chat model and what it was found unable to do; lives as long as the program."""

    choice: ModelChoice
    price: Price | None = None
    streams: bool = True
    takes_tools: bool = True
    says_when_it_ends: bool = True
    first_wait: float = _FIRST_WAIT
    _model: BaseChatModel | None = field(default=None, repr=False)

    @property
    def model(self) -> BaseChatModel:
        """The model of langchain."""
        if self._model is None:
            self._model = models.create(self.choice)
        return self._model

    async def aclose(self) -> None:
        """Closes the model's connections; the next call opens new ones."""
        model, self._model = self._model, None
        if closing := getattr(model, "aclose", None):
            await closing()


class Calls:
    """The calls of one answer."""

    def __init__(
        self,
        chat: Chat,
        budget: Budget,
        *,
        watcher: Watcher = NOBODY,
        stop: asyncio.Event | None = None,
    ) -> None:
        self.chat = chat
        self.budget = budget
        self.first_token_at: float | None = None
        self.was_cut_off = False
        """Whether a reply ended at the model's own limit of length."""
        self._watcher = watcher
        self._stop = stop or asyncio.Event()

    @property
    def stopped(self) -> bool:
        """Whether the user wants no more."""
        return self._stop.is_set()

    async def complete(self, step: str, prompt: str, **values: str) -> str:
        """The model's reply to the prompt of this name, without tools and not streamed to anyone."""
        return await self.reply_to(step, prompt, prompts.load(prompt).render(**values))

    async def reply_to(
        self, step: str, prompt: str, rendered: prompts.Rendered, on_text: Callable[[str], None] | None = None
    ) -> str:
        """The same for a prompt that is rendered already."""
        from langchain_core.messages import HumanMessage, SystemMessage

        messages = [SystemMessage(rendered.system), HumanMessage(rendered.user)]
        return str((await self.ask(step, messages, prompt=prompt, on_text=on_text)).text)

    async def ask(
        self,
        step: str,
        messages: Sequence[BaseMessage],
        *,
        prompt: str = "",
        tools: Sequence[BaseTool] = (),
        on_text: Callable[[str], None] | None = None,
    ) -> AIMessage:
        """The model's reply to `messages`; its content is text without reasoning.

        `on_text` gets the whole text so far, again and again; an empty one takes it back.
        Raises `ModelUnavailable` after the last try, `BudgetExceeded` before a call that would
        go over a limit, and `Cut` where a reply was stopped half-way.
        """
        tries = 0
        while True:
            offered = tools if self.chat.takes_tools else ()
            try:
                return await self._once(step, messages, prompt, offered, on_text)
            except _Failed as failed:
                fault, error = failed.fault, failed.error
            if on_text:
                on_text("")
            if self._adapt(fault, bool(offered)):
                continue
            tries += 1
            if not fault.may_pass or tries >= TRIES or not await self._wait(fault, tries):
                self.chat.streams = self.chat.streams or fault.kind == "malformed"  # it was not for lack of streaming
                raised = fault.error()
                raised.tries = tries
                raise raised from (faults.cause(error, self.chat.choice) if error else None)

    async def _once(
        self,
        step: str,
        messages: Sequence[BaseMessage],
        prompt: str,
        tools: Sequence[BaseTool],
        on_text: Callable[[str], None] | None,
    ) -> AIMessage:
        """One try, written into the ledger and the transcript whatever becomes of it."""
        prompt_tokens = tokens.count_messages(map(content_of, messages), map(description_of, tools))
        self.budget.demand(prompt_tokens, self.chat.price.of(prompt_tokens, 0) if self.chat.price else None)
        self._watcher.listener(events.Asking(step, prompt_tokens))
        if self.stopped:
            raise Cut("", "stopped")
        began = time.monotonic()
        attempt = Attempt(prompt_tokens)
        failed = "unexpected"
        try:
            await self._receive(attempt, messages, tools, on_text)
            reply = self._checked(attempt)
            failed = ""
            return reply
        except Cut as cut:
            failed = cut.reason
            raise
        except _Failed as failure:
            failed = failure.fault.kind
            raise
        finally:
            usage = self._usage(attempt)
            self.budget.ledger.append(Entry(step, usage, round(time.monotonic() - began, 3), failed))
            self._watcher.listener(events.Spent(self.budget.spent))
            self._watcher.record(
                "call",
                step=step,
                prompt={"name": prompt, "sha256": prompts.load(prompt).sha256} if prompt else None,
                model=self.chat.choice.name,
                messages=[as_dict(message) for message in messages],
                tools=[tool.name for tool in tools],
                served_by=attempt.served_by,
                completion=attempt.raw,
                tool_calls=attempt.tool_calls,
                usage={"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens},
                seconds=self.budget.ledger[-1].seconds,
                failed=failed,
            )

    async def _receive(
        self,
        attempt: Attempt,
        messages: Sequence[BaseMessage],
        tools: Sequence[BaseTool],
        on_text: Callable[[str], None] | None,
    ) -> None:
        from langsmith import tracing_context

        model = self.chat.model.bind_tools(tools) if tools else self.chat.model
        allowed = self.budget.tokens_left - attempt.prompt_tokens
        with tracing_context(enabled=False):  # nothing goes anywhere but to the model, whatever the environment says
            if not self.chat.streams:
                attempt.add(await self._in_time(model.ainvoke(list(messages)), attempt))
                self._arrived()
                if on_text and (text := without_reasoning(attempt.raw)):
                    on_text(text)
                return
            stream = model.astream(list(messages))
            # langchain calls it an iterator, and it is a generator, which can be closed.
            async with contextlib.aclosing(cast("AsyncGenerator[AIMessageChunk]", stream)):
                while (part := await self._in_time(_next_part(stream), attempt)) is not None:
                    if self.stopped:  # what came after that was not asked for any more
                        raise Cut(without_reasoning(attempt.raw), "stopped")
                    attempt.add(part)
                    if attempt.arguments > _MOST_ARGUMENTS:
                        raise _Failed(faults.endless_call(self.chat.choice))
                    written = len(attempt.raw) + attempt.arguments
                    if written / _CHARACTERS_A_TOKEN > allowed and attempt.tokens > allowed:
                        raise Cut(without_reasoning(attempt.raw), "tokens")
                    if attempt.raw:
                        self._arrived()
                        if on_text and (text := sayable(attempt.raw)):
                            on_text(text)

    def _arrived(self) -> None:
        if self.first_token_at is None:
            self.first_token_at = time.perf_counter()

    async def _in_time(self, step: Awaitable[Result], attempt: Attempt) -> Result:
        """The result of `step`; a fault where the endpoint is silent, a `Cut` at a stop or at the time limit."""
        stall, left = self.chat.choice.stall_seconds, self.budget.seconds_left
        work = asyncio.ensure_future(step)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({work, stopping}, timeout=min(stall, left), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
        except (CiteloomError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a provider's library raises is a fault of the call
            raise _Failed(faults.fault_of(error, self.chat.choice), error) from None
        finally:
            left_over = [task for task in (work, stopping) if not task.done()]
            for task in left_over:
                task.cancel()
            if left_over:
                await asyncio.wait(left_over)  # which does not swallow a cancellation of our own
        if self.stopped:
            raise Cut(without_reasoning(attempt.raw), "stopped")
        if left <= stall:
            raise Cut(without_reasoning(attempt.raw), "seconds")
        raise _Failed(faults.silent(self.chat.choice))

    def _checked(self, attempt: Attempt) -> AIMessage:
        """The reply with its reasoning taken out; a fault where there is nothing in it."""
        from langchain_core.messages import AIMessage

        message = attempt.message
        if message is None:
            raise _Failed(faults.nothing_streamed(self.chat.choice))
        finish = str(message.response_metadata.get("finish_reason") or "")
        text = without_reasoning(attempt.raw)
        refused = message.additional_kwargs.get("refusal")
        if refused and not text:
            raise _Failed(faults.refusal(self.chat.choice, str(refused)))
        if finish == "content_filter" and not text:
            raise _Failed(faults.refusal(self.chat.choice, ""))
        if not text and not attempt.tool_calls:
            raise _Failed(faults.empty(self.chat.choice))
        if not finish and self.chat.choice.provider == models.OPENAI and self.chat.says_when_it_ends:
            self.chat.says_when_it_ends = False  # the next reply without a reason is taken as it is
            raise _Failed(faults.unfinished(self.chat.choice))
        self.chat.says_when_it_ends = self.chat.says_when_it_ends or bool(finish)
        self.was_cut_off = self.was_cut_off or finish in ("length", "content_filter")
        whole, broken = calls_of(message)
        return AIMessage(content=text, tool_calls=whole, invalid_tool_calls=broken)

    def _adapt(self, fault: Fault, had_tools: bool) -> bool:
        """Whether the call can be made anew in a simpler way, which holds from now on."""
        if fault.kind == "tools" and had_tools:
            self.chat.takes_tools = False
            self._watcher.listener(events.Notice(f"{fault.message}; it answers from what the first search found"))
            return True
        if fault.kind == "stream" and self.chat.streams:
            self.chat.streams = False
            self._watcher.listener(events.Notice(f"{fault.message}; the answer comes in one piece"))
            return True
        return False

    async def _wait(self, fault: Fault, tries: int) -> bool:
        """Waits before the next try; False where that would take longer than there is time."""
        wait = fault.wait if fault.wait is not None else self.chat.first_wait * 2 ** (tries - 1)
        if self.budget.calls_left < 1 or wait > min(_LONGEST_WAIT, self.budget.seconds_left):
            return False
        again = f"trying again in {wait:.3g} s" if wait >= 1 else "trying again"
        self._watcher.listener(events.Notice(f"{fault.message}; {again} ({tries + 1} of {TRIES})"))
        try:
            await asyncio.wait_for(self._stop.wait(), wait)
        except TimeoutError:
            return True
        raise Cut("", "stopped")

    def _usage(self, attempt: Attempt) -> Usage:
        """The provider's own figures where it gives them, counted ones otherwise."""
        if attempt.message is None:
            return Usage(1)
        said = getattr(attempt.message, "usage_metadata", None)
        if said and said["input_tokens"]:
            used = (int(said["input_tokens"]), int(said["output_tokens"]))
        else:
            said = None
            used = (attempt.prompt_tokens, attempt.tokens)
        price = self.chat.price
        return Usage(1, *used, price.of(*used) if price else None, is_estimate=not said)


class _Failed(Exception):
    """A reply that is a fault, and what the provider's library raised, if it did."""

    def __init__(self, fault: Fault, error: Exception | None = None) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.error = error


async def _next_part(stream: AsyncIterator[Result]) -> Result | None:
    """The next part of a stream; None at its end."""
    return await anext(stream, None)
