"""`ask`: an answer with cited sentences, streamed as it is written, kept in a session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import diagnostics
from agent.cli.commands.questions import Job, Json, JsonLines, ScopeText, Words, run
from agent.cli.state import State, of
from agent.errors import Abstained, SessionError, Stopped, UsageError

if TYPE_CHECKING:
    import asyncio

    from agent.answer import Answer
    from agent.assistant import Assistant, Question
    from agent.cli.streaming import AnswerOnTerminal
    from agent.llm.calls import Chat
    from agent.sessions import Session
    from store.library import Library
    from store.scope import Scope


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which session an answer goes to."""

    latest: bool
    name: str | None
    fork: bool
    keep: bool


def register(app: typer.Typer) -> None:
    """Hangs the command into the app."""
    app.command()(ask)


def ask(
    context: typer.Context,
    question: Words,
    count: Annotated[int | None, typer.Option("-k", help="Quote from at most so many papers.", min=1, max=8)] = None,
    scope: ScopeText = "",
    mode: Annotated[str | None, typer.Option(help="auto, model or quote.", metavar="MODE")] = None,
    model: Annotated[str | None, typer.Option(help="Model for model mode.", metavar="NAME")] = None,
    last: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the latest session.")] = False,
    session: Annotated[str | None, typer.Option(help="Go on with this session.", metavar="ID")] = None,
    fork: Annotated[bool, typer.Option("--fork", help="Go on in a copy of the session.")] = False,
    keep: Annotated[bool, typer.Option("--save/--no-save", help="Keep question and answer in a session.")] = True,
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Show the text as it is written.")] = True,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with code 6 where the library does not answer.")
    ] = False,
    json: Json = False,
    jsonl: JsonLines = False,
) -> None:
    """Answer a question with cited sentences, or say that the library does not answer it."""
    import asyncio  # this and what a model needs is not needed for the other commands

    from agent import modes
    from agent.answer import Answer
    from agent.cli.streaming import AnswerOnTerminal

    state = of(context)
    chosen = state.settings({"mode": mode, "model": model})
    chat = modes.chat(chosen, offline=state.offline, notice=diagnostics.notice)
    wanted = _Wanted(last, session, fork, keep)
    _check(wanted)
    for_terminal = AnswerOnTerminal(streams=stream and not (json or jsonl), chat=chat is not None)
    going_on = _session(wanted, is_one=question != ["-"])
    with _ended(going_on), asyncio.Runner() as runner, ExitStack() as stack:
        if chat:
            stack.callback(lambda: runner.run(chat.aclose()))
        desk = _Desk(runner, chat, chosen.text("mode"), state, going_on)

        def produce(library: Library, text: str, within: Scope) -> Answer:
            return desk.ask(library, text, within, count, for_terminal)

        job = Job(produce, Answer.to_dict, for_terminal.show)
        answers = run(state, job, question, scope, json=json, jsonl=jsonl)
    if any(answer.stopped for answer in answers):
        raise Stopped("stopped; the answer so far is above", "")
    if strict and any(answer.abstained for answer in answers):
        raise Abstained("the library does not answer this", "widen the scope, or add papers")


class _Desk:
    """Asks questions one after the other, in one event loop and one session."""

    def __init__(self, runner: asyncio.Runner, chat: Chat | None, mode: str, state: State, session: Session | None):
        self._runner = runner
        self._chat = chat
        self._mode = mode
        self._state = state
        self._session = session

    def ask(
        self, library: Library, text: str, scope: Scope, most_papers: int | None, terminal: AnswerOnTerminal
    ) -> Answer:
        """The answer to one question; a first Ctrl-C ends it with what there is."""
        from agent import modes
        from agent.assistant import Assistant, Question

        limits = modes.limits(self._state.settings())
        assistant = Assistant(library, self._chat, mode=self._mode, limits=limits)
        return self._runner.run(self._answer(assistant, Question(text, scope, most_papers), terminal))

    async def _answer(self, assistant: Assistant, question: Question, terminal: AnswerOnTerminal) -> Answer:
        import asyncio

        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        with (
            diagnostics.Interrupts.gently(lambda: loop.call_soon_threadsafe(stop.set)),
            terminal.watching() as listener,
        ):
            return await assistant.ask(question, session=self._session, listener=listener, stop=stop)


def _session(wanted: _Wanted, *, is_one: bool) -> Session | None:
    """The session to go on with, or a new one; none for many questions, unless one is named."""
    from agent.sessions import Sessions
    from agent.settings import sessions_folder

    sessions = Sessions(sessions_folder())
    found = sessions.open(wanted.name) if wanted.name else sessions.latest() if wanted.latest else None
    if wanted.latest and found is None:
        raise SessionError("there is no session to go on with", "ask without -c to begin one")
    if found is None:
        return sessions.create() if wanted.keep and is_one and _can_be_kept(sessions.folder) else None
    for text in found.notices:
        diagnostics.notice(text)
    return found.fork() if wanted.fork else found


@contextmanager
def _ended(session: Session | None) -> Iterator[None]:
    """Behind this no turn is open, however often Ctrl-C was pressed while it was being ended."""
    try:
        yield
    finally:
        with diagnostics.Interrupts.held():
            if session and diagnostics.Interrupts.seen:
                try:
                    session.abandon()
                except SessionError as error:
                    diagnostics.notice(f"the session cannot be written: {error.message}")


def _can_be_kept(folder: Path) -> bool:
    """Whether sessions can be written; an answer that nobody asked to keep is given all the same."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK):
        return True
    diagnostics.notice(f"the answer is not kept in a session: {there} cannot be written to")
    return False


def _check(wanted: _Wanted) -> None:
    if wanted.latest and wanted.name:
        raise UsageError("-c and --session name two sessions", "give one of them")
    if wanted.fork and not (wanted.latest or wanted.name):
        raise UsageError("--fork needs a session", "add -c, or --session ID")
    if not wanted.keep and (wanted.latest or wanted.name):
        raise UsageError("--no-save excludes going on with a session", "leave one of them out")
