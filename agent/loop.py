"""The loop of model mode: one call that answers at once, or uses tools and then answers.

langchain's agent runs it; our middleware makes every call through `Calls`, keeps the limits,
and refuses a call that was made before. Tools see the library and the evidence, nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.tools import BaseTool, tool

from agent import events
from agent.evidence import Evidence
from agent.live import LiveText
from agent.llm.calls import Calls
from agent.reading import fenced, whole_abstracts
from agent.watching import Watcher
from prompts import Rendered
from store.errors import LibraryError
from store.library import Library
from store.scope import Scope, parse

MOST_ROUNDS = 4
"""How often the model may use tools before it has to answer."""
_ROUNDS_WITHOUT_NEWS = 2
_CALLS_KEPT_BACK = 2
"""For the answer itself, and for one repair."""
_FOUND_AT_ONCE = 4
_GRAPH_STEPS = 100
_LONGEST_LIKENESS = 600
"""Characters of a paper that are looked for when like ones are wanted."""
_CALLS_AT_ONCE = 6
_TOO_MANY = "Not done: too many calls at once, or no time left. Answer from the evidence, or make fewer calls."
_ANSWER_NOW = "Answer now from the evidence above; no tool can be called any more."
_AGAIN = "This call was made before; its result stands above. Make another, or answer."
STEP = "answer"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools may touch: the library within a scope, and the evidence."""

    library: Library
    scope: Scope
    evidence: Evidence
    watcher: Watcher

    def find(self, query: str, scope: Scope, leave_out: int | None = None) -> str:
        """Searches, numbers what was found, and writes out what is new."""
        self.watcher.listener(events.Searching(query, str(scope)))
        known = len(self.evidence)
        result = self.library.search(query, _FOUND_AT_ONCE + 1, scope)
        self.watcher.retrieved(result)
        like = self.evidence.paper(leave_out) if leave_out else None
        kept = [hit.paper for hit in result.hits if like is None or hit.paper.key != like.key][:_FOUND_AT_ONCE]
        numbers = [self.evidence.add(paper) for paper in kept]
        new = [number for number in numbers if number > known]
        self.watcher.listener(events.Found(tuple(numbers), tuple(new)))
        old = [f"[{number}]" for number in numbers if number not in new]
        parts = [fenced(whole_abstracts(self.evidence, new)) if new else "No new paper."]
        if old:
            parts.append(f"Found again: {', '.join(old)}")
        return "\n\n".join(parts)


class Steering(AgentMiddleware[Any, Any]):
    """Makes the agent's calls through `Calls`, and keeps it from going round in circles."""

    def __init__(self, calls: Calls, desk: Desk, live: LiveText, prompt: str) -> None:
        super().__init__()
        self.limit_was_reached = False
        self._calls = calls
        self._desk = desk
        self._live = live
        self._prompt = prompt
        self._made: set[str] = set()
        self._rounds = 0
        self._calls_of_round = 0
        self._rounds_without_news = 0
        self._known = len(desk.evidence)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """One call, with tools as long as they may lead somewhere."""
        del handler  # langchain's own way to the model has no budget, no ledger and no second try
        messages: list[BaseMessage] = [*([request.system_message] if request.system_message else []), *request.messages]
        tools = [item for item in request.tools if isinstance(item, BaseTool)]
        if self._rounds and self._must_answer():
            tools = []
            messages.append(HumanMessage(_ANSWER_NOW))
        reply = await self._calls.ask(STEP, messages, prompt=self._prompt, tools=tools, on_text=self._live.update)
        if (reply.tool_calls or reply.invalid_tool_calls) and tools:
            self._live.restart("the model looks further")
            self._rounds += 1
            self._calls_of_round = 0
            return ModelResponse(result=[_with_every_call(reply)])
        return ModelResponse(result=[AIMessage(reply.text)])

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Any]]
    ) -> ToolMessage | Any:
        """The tool's result, unless the same call was made before."""
        call = request.tool_call
        self._calls_of_round += 1
        if self._calls_of_round > _CALLS_AT_ONCE or self._calls.stopped or not self._calls.budget.seconds_left:
            return ToolMessage(_TOO_MANY, tool_call_id=call["id"], name=call["name"])
        name = json.dumps([call["name"], call["args"]], sort_keys=True, default=str).casefold()
        if name in self._made:
            return ToolMessage(_AGAIN, tool_call_id=call["id"], name=call["name"])
        self._made.add(name)
        return await handler(request)

    def _must_answer(self) -> bool:
        """Whether more tool calls are out of the question: by a limit, or because they bring nothing new."""
        news = len(self._desk.evidence) > self._known
        self._known = len(self._desk.evidence)
        self._rounds_without_news = 0 if news else self._rounds_without_news + 1
        budget = self._calls.budget
        half = budget.limits.tokens // 2
        if self._rounds >= MOST_ROUNDS or budget.calls_left <= _CALLS_KEPT_BACK or budget.tokens_left < half:
            self.limit_was_reached = True
            return True
        return self._rounds_without_news >= _ROUNDS_WITHOUT_NEWS


async def run(calls: Calls, desk: Desk, live: LiveText, rendered: Rendered, prompt: str) -> tuple[str, bool]:
    """What the model wrote in the end, and whether a limit kept it from looking further."""
    steering = Steering(calls, desk, live, prompt)
    agent = create_agent(
        calls.chat.model,
        tools=_tools(desk),
        system_prompt=SystemMessage(rendered.system),
        middleware=[steering],
    )
    state = await agent.ainvoke({"messages": [HumanMessage(rendered.user)]}, {"recursion_limit": _GRAPH_STEPS})
    return str(state["messages"][-1].text), steering.limit_was_reached


def _with_every_call(reply: AIMessage) -> AIMessage:
    """The reply with its broken calls as calls without arguments, whose results then say what they lack."""
    broken = [ToolCall(name=call["name"] or "", args={}, id=call["id"]) for call in reply.invalid_tool_calls]
    return AIMessage(reply.text, tool_calls=[*reply.tool_calls, *broken])


def _tools(desk: Desk) -> Sequence[BaseTool]:
    # Asynchronous, so that they run where the answer is made: the library belongs to that thread.
    @tool
    async def search(query: str, scope: str = "") -> str:
        """Find further papers. `scope` may narrow it, as in: year:2024- author:Lin."""
        try:
            narrower = parse(scope)
            settled = {name for name, _ in desk.scope.conditions} & {name for name, _ in narrower.conditions}
            if settled:  # a second condition on a field would be an alternative to the first
                return f"Not searched: the user has settled {', '.join(sorted(settled))}; leave it out of `scope`."
            return desk.find(query, desk.scope & narrower)
        except LibraryError as error:
            return f"Not searched: {error.message}. {error.hint}"

    @tool
    async def read(numbers: list[int]) -> str:
        """Read the whole abstracts of papers of the evidence, by their numbers."""
        known = [number for number in dict.fromkeys(numbers) if desk.evidence.paper(number)][:_FOUND_AT_ONCE]
        desk.watcher.listener(events.Reading(tuple(known)))
        if not known:
            return "The evidence has no paper under such a number."
        return fenced(whole_abstracts(desk.evidence, known))

    @tool
    async def similar(number: int) -> str:
        """Find papers that are like a paper of the evidence."""
        paper = desk.evidence.paper(number)
        if paper is None:
            return "The evidence has no paper under this number."
        return desk.find(f"{paper.title or ''} {paper.abstract}"[:_LONGEST_LIKENESS], desk.scope, leave_out=number)

    return [search, read, similar]
