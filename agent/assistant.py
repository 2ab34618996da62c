"""The assistant: one question in, events and an answer out, in either mode, in a session or without one.

Every front end asks through it. It decides the mode, keeps the session, and never changes
from one mode to the other without a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent import answering, events, followup, quoting
from agent.answer import Answer
from agent.errors import BudgetExceeded, CiteloomError, ModelUnavailable, SessionError, Stopped
from agent.evidence import Evidence
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat, Cut
from agent.sessions import Session
from agent.watching import Record, Watcher, forget
from store.errors import LibraryError
from store.library import Library
from store.scope import Scope


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is asked: its words, its scope, and how many papers quote mode cites at most."""

    text: str
    scope: Scope = field(default_factory=Scope)
    most_papers: int | None = None


class Assistant:
    """Answers questions from a library: with a model where there is one, by quoting otherwise."""

    def __init__(self, library: Library, chat: Chat | None = None, *, mode: str = "auto", limits: Limits | None = None):
        """Without `chat` every answer is quoted.

        So is one that the model fails to give in mode auto, and one whose limit is reached
        before the model has written anything, in any mode; both say so.
        """
        self.library = library
        self.chat = chat
        self.limits = limits or Limits()
        self._may_quote_instead = mode == "auto"

    @property
    def mode(self) -> str:
        """`model` or `quote`."""
        return "model" if self.chat else "quote"

    async def ask(
        self,
        question: Question,
        *,
        session: Session | None = None,
        listener: events.Listener = events.ignore,
        record: Record = forget,
        stop: asyncio.Event | None = None,
    ) -> Answer:
        """The answer; the last event is `Done` or `Failed`.

        Each step is told to `record`, or to the session. With one the question is on disk
        before anything else, and the answer before `Done`, unless a notice says otherwise.
        Raises what went wrong; the session then holds the question and the reason.
        """
        if session:
            session.begin(question.text, str(question.scope), self.mode)
        history = [turn.answer for turn in session.turns if turn.answer] if session else []
        evidence = session.evidence if session else Evidence()
        watcher = Watcher(listener, session.record if session else record)
        try:
            answer = await self._answer(question, history, evidence, watcher, stop)
        except BaseException as error:  # a cancellation, too, must end the turn; it is raised again
            if session:
                _end(session, error, listener)
            if isinstance(error, CiteloomError | LibraryError):
                listener(events.Failed(error.message, error.hint))
            raise
        if session:
            _keep(session, answer, listener)
        listener(events.Done(answer))
        return answer

    async def _answer(
        self,
        question: Question,
        history: Sequence[Answer],
        evidence: Evidence,
        watcher: Watcher,
        stop: asyncio.Event | None,
    ) -> Answer:
        if self.chat is None:
            return self._quoted(question, history, evidence, watcher)
        budget = Budget(self.limits)
        calls = Calls(self.chat, budget, watcher=watcher, stop=stop)
        try:
            _load(self.chat)
            budget.begin()
            asked = await followup.stand_alone(calls, question.text, history)
            if asked != question.text:
                watcher.listener(events.Rewritten(asked))
            before = tuple(reference.number for reference in history[-1].references) if history else ()
            task = answering.Task(question.text, asked, question.scope, evidence, before)
            return await answering.answer(self.library, task, calls, watcher)
        except (ModelUnavailable, BudgetExceeded) as error:
            # A limit is the user's own: reaching it calls for an answer from what there is, in any mode.
            if not (self._may_quote_instead or isinstance(error, BudgetExceeded)):
                raise
            instead = f"{error.message}; answered by quoting instead"
            watcher.listener(events.Notice(instead, error.hint))
        except Cut as cut:
            if cut.reason == "stopped":
                raise Stopped("stopped before there was any text", "ask again") from cut
            instead = f"the limit of {cut.reason} was reached before there was any text; answered by quoting instead"
            watcher.listener(events.Notice(instead))
        quoted = self._quoted(question, history, evidence, watcher)
        return replace(quoted, usage=budget.spent, warnings=(instead, *quoted.warnings))

    def _quoted(self, question: Question, history: Sequence[Answer], evidence: Evidence, watcher: Watcher) -> Answer:
        asked = followup.with_question_before(question.text, history)
        if asked != question.text:
            watcher.listener(events.Rewritten(asked))
        quoted = quoting.answer(
            self.library,
            asked,
            question.scope,
            most_papers=question.most_papers,
            evidence=evidence,
            watcher=watcher,
        )
        watcher.listener(events.Delta(quoted.marked))
        for claim in quoted.claims:
            watcher.listener(events.Verified(claim))
        return replace(quoted, question=question.text, asked=asked if asked != question.text else None)


def _load(chat: Chat) -> None:
    """Loads what the first answer of a process needs, which takes seconds that are not the answer's."""
    from agent import loop  # noqa: F401 - langchain takes two seconds to import

    _ = chat.model


def _keep(session: Session, answer: Answer, listener: events.Listener) -> None:
    """Writes the answer down; one that cannot be kept is shown all the same, and that is said."""
    try:
        session.finish(answer)
    except SessionError as error:
        session.close()
        listener(events.Notice(f"the answer is not kept: {error.message}", error.hint))


def _end(session: Session, error: BaseException, listener: events.Listener) -> None:
    """Writes down why there is no answer."""
    try:
        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | Stopped):
            session.stop()
        elif isinstance(error, CiteloomError | LibraryError):
            session.fail(error.message, error.hint)
        else:
            session.fail(f"unexpected {type(error).__name__}", "")
    except SessionError as unkept:  # which must not hide what went wrong first
        session.close()
        listener(events.Notice(f"the session cannot be written: {unkept.message}", unkept.hint))
