"""`summarize`: a topic summary, every claim cited, taken up again where it broke off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import diagnostics
from agent.cli.commands.questions import Json, ScopeText
from agent.cli.output import write_to
from agent.cli.state import of
from agent.errors import Abstained, UsageError
from agent.settings import summaries_folder
from store.scope import from_question, parse

if TYPE_CHECKING:
    import asyncio

    from agent import events
    from agent.llm.budget import Limits
    from agent.llm.calls import Chat
    from agent.summary.writing import ModelWriter


def register(app: typer.Typer) -> None:
    """Hangs the command into the app."""
    app.command()(summarize)


def summarize(
    context: typer.Context,
    topic: Annotated[list[str], typer.Argument(metavar="TOPIC", help="What to summarise.")],
    scope: ScopeText = "",
    mode: Annotated[str | None, typer.Option(help="auto, model or quote.", metavar="MODE")] = None,
    model: Annotated[str | None, typer.Option(help="Model for model mode.", metavar="NAME")] = None,
    form: Annotated[
        str,
        typer.Option("--format", "-f", help="md, html, json; bib, ris or csl-json for its papers.", metavar="FORMAT"),
    ] = "md",
    target: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.", metavar="FILE")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with code 6 where the topic is not covered.")] = False,
    json: Json = False,
) -> None:
    """Summarise what the library says on a topic: themes, a comparison, a timeline, open questions, all cited."""
    import asyncio  # a tenth of the time of --help

    from agent import modes
    from agent.summary.rendering import FORMATS, render
    from store.search import check_question

    form = "json" if json else form
    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", f"choose one of {', '.join(FORMATS)}")
    state = of(context)
    chosen = state.settings({"mode": mode, "model": model})
    chat = modes.chat(chosen, offline=state.offline, notice=diagnostics.notice)
    text, own = from_question(" ".join(topic))
    check_question(text)
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        library = stack.enter_context(state.open_finished())
        listener = stack.enter_context(_status())
        writer = None
        if chat:
            stop = asyncio.Event()
            loop = runner.get_loop()
            stack.callback(lambda: runner.run(chat.aclose()))
            stack.enter_context(diagnostics.Interrupts.gently(lambda: loop.call_soon_threadsafe(stop.set)))
            writer = _writer(chat, modes.limits(chosen), chosen.text("mode") == "auto", listener, stop)
        from agent.summary.making import summarize as make

        work_folder = summaries_folder()
        scopes = parse(scope) & own
        summary = runner.run(make(library, text, scopes, writer=writer, listener=listener, work_folder=work_folder))
    for warning in summary.warnings:
        diagnostics.notice(warning)
    if summary.abstained and form not in ("md", "html", "json"):
        diagnostics.notice("the library does not cover this topic; there is no paper to list")
    write_to(target, render(summary, form))
    if strict and summary.abstained:
        raise Abstained("the library does not cover this topic", "widen the scope, or add papers")


def _writer(
    chat: Chat, limits: Limits, may_quote_instead: bool, listener: events.Listener, stop: asyncio.Event
) -> ModelWriter:
    from agent.summary.writing import ModelWriter
    from agent.watching import Watcher

    return ModelWriter(chat, limits, may_quote_instead=may_quote_instead, watcher=Watcher(listener), stop=stop)


@contextmanager
def _status() -> Iterator[Callable[[object], None]]:
    """A listener that shows on the status line what is being done."""
    from agent import events
    from agent.summary.values import Searched, SectionStarted

    status = diagnostics.Status()

    def hear(event: object) -> None:
        match event:
            case Searched(query, relevant):
                status.say(f"gathering: {relevant} papers ({query})")
            case SectionStarted(title, position, total):
                status.say(f"writing {position} of {total}: {title}")
            case events.Notice(text, hint):
                status.clear()
                diagnostics.notice(f"{text} ({hint})" if hint else text)
            case _:
                diagnostics.Interrupts.heed()

    with status.shown():
        yield hear
