"""`search` and `ask`: one question, or one a line from standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import typer

from agent.answer import Answer
from agent.cli import diagnostics, output
from agent.cli.state import State, of
from agent.errors import Abstained, UsageError, exit_code_for
from store.errors import LibraryError
from store.library import Library
from store.scope import Scope, from_question, parse
from store.search import SearchResult, check_question

ERROR_SCHEMA = "citeloom.error/1"
BATCH_SCHEMA = "citeloom.batch/1"
Result = TypeVar("Result")
_Words = Annotated[
    list[str], typer.Argument(metavar="QUESTION", help="The question; - reads one a line from standard input.")
]
_ScopeText = Annotated[str, typer.Option("--scope", help='Only these papers, as in: year:2024- author:"Chi Jin".')]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_JsonLines = Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")]


@dataclass(frozen=True, slots=True)
class _Job(Generic[Result]):
    """What to do with a question, and how to print what comes of it."""

    produce: Callable[[Library, str, Scope], Result]
    to_dict: Callable[[Result], dict[str, Any]]
    show: Callable[[Result], None]


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command()(search)
    app.command()(ask)


def search(
    context: typer.Context,
    question: _Words,
    count: Annotated[int | None, typer.Option("-k", help="How many papers.", min=1, max=100)] = None,
    scope: _ScopeText = "",
    json: _Json = False,
    jsonl: _JsonLines = False,
) -> None:
    """Find papers by words and by meaning, each with its best sentence."""
    state = of(context)
    wanted = count or state.settings().hits

    def produce(library: Library, text: str, within: Scope) -> SearchResult:
        return library.search(text, wanted, within)

    job = _Job(produce, output.search_to_dict, output.write_search)
    _run(state, job, question, scope, json=json, jsonl=jsonl)


def ask(
    context: typer.Context,
    question: _Words,
    count: Annotated[int | None, typer.Option("-k", help="Cite at most so many papers.", min=1, max=8)] = None,
    scope: _ScopeText = "",
    mode: Annotated[str | None, typer.Option(help="auto, model or quote.", metavar="MODE")] = None,
    model: Annotated[str | None, typer.Option(help="Model for model mode.", metavar="NAME")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with code 6 where the library does not answer.")
    ] = False,
    json: _Json = False,
    jsonl: _JsonLines = False,
) -> None:
    """Answer a question with cited sentences, or say that the library does not answer it."""
    from agent import quoting  # reading and rating are not needed for the other commands

    state = of(context)
    _settle_mode(state, {"mode": mode, "model": model})

    def produce(library: Library, text: str, within: Scope) -> Answer:
        return quoting.answer(library, text, within, most_papers=count)

    def show(answer: Answer) -> None:
        for warning in answer.warnings:
            diagnostics.notice(warning)
        output.write_answer(answer)

    answers = _run(state, _Job(produce, Answer.to_dict, show), question, scope, json=json, jsonl=jsonl)
    if strict and any(answer.abstained for answer in answers):
        raise Abstained("the library does not answer this", "widen the scope, or add papers")


def _settle_mode(state: State, flags: dict[str, str | None]) -> None:
    """Quote mode is the only one so far; asking for the other is refused, not passed over in silence."""
    chosen = state.settings(flags)
    if chosen.text("mode") == "model" or (chosen.text("model") and chosen.text("mode") == "auto"):
        raise UsageError("model mode is not part of this version", "leave --model out, or use --mode quote")
    if chosen.text("mode") == "auto" and chosen.api_key:
        diagnostics.notice("answering by quoting; this version has no model mode, so no model is asked")


def _run(state: State, job: _Job[Result], words: list[str], scope: str, *, json: bool, jsonl: bool) -> list[Result]:
    """Does the job for one question, or for each line of standard input; returns all results."""
    chosen = parse(scope)
    if words == ["-"]:
        return _run_lines(state, job, chosen, json=json, jsonl=jsonl)
    text = " ".join(words)
    check_question(text)
    with state.open_finished() as library:
        result = _produce(library, job, text, chosen)
    if json or jsonl:
        output.write_json(job.to_dict(result), compact=jsonl)
    else:
        job.show(result)
    return [result]


def _run_lines(state: State, job: _Job[Result], scope: Scope, *, json: bool, jsonl: bool) -> list[Result]:
    """One question a line, in order, from one open library; a bad one does not stop the others."""
    objects: list[dict[str, Any]] = []
    results: list[Result] = []
    first_error: LibraryError | None = None
    with state.open_finished() as library:
        for line in _lines():
            try:
                result = _produce(library, job, line, scope)
            except LibraryError as error:
                first_error = first_error or error
                objects.append(_error_to_dict(line, error))
                if jsonl:
                    output.write_json(objects[-1], compact=True)
                elif not json:
                    diagnostics.report_error(error)
                continue
            results.append(result)
            if json:
                objects.append(job.to_dict(result))
            elif jsonl:
                output.write_json(job.to_dict(result), compact=True)
            else:
                output.write(f"# {line}\n")
                job.show(result)
    if json:
        output.write_json({"schema": BATCH_SCHEMA, "results": objects}, compact=False)
    if first_error:
        raise first_error
    return results


def _produce(library: Library, job: _Job[Result], line: str, scope: Scope) -> Result:
    text, own = from_question(line)
    return job.produce(library, text, scope & own)


def _error_to_dict(question: str, error: LibraryError) -> dict[str, Any]:
    return {
        "schema": ERROR_SCHEMA,
        "question": question,
        "error": error.message,
        "hint": error.hint,
        "exit_code": int(exit_code_for(error)),
    }


def _lines() -> Iterator[str]:
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal", "pipe questions in, one a line")
    for line in sys.stdin:
        yield line.rstrip("\r\n")
