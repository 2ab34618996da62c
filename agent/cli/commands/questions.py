"""`search`, and what it has in common with `ask`: one question, or one a line from standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import typer

from agent.cli import diagnostics, output
from agent.cli.state import State, of
from agent.errors import CiteloomError, UsageError, exit_code_for
from store.errors import LibraryError
from store.scope import Scope, from_question, parse

if TYPE_CHECKING:
    from store.library import Library
    from store.search import SearchResult


ERROR_SCHEMA = "citeloom.error/1"
BATCH_SCHEMA = "citeloom.batch/1"
Result = TypeVar("Result")
Words = Annotated[
    list[str], typer.Argument(metavar="QUESTION", help="The question; - reads one a line from standard input.")
]
ScopeText = Annotated[str, typer.Option("--scope", help='Only these papers, as in: year:2024- author:"Chi Jin".')]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
JsonLines = Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")]


@dataclass(frozen=True, slots=True)
class Job(Generic[Result]):
    """What to do with a question, and how to print what comes of it."""

    produce: Callable[[Library, str, Scope], Result]
    to_dict: Callable[[Result], dict[str, Any]]
    show: Callable[[Result], None]


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command()(search)


def search(
    context: typer.Context,
    question: Words,
    count: Annotated[int | None, typer.Option("-k", help="How many papers.", min=1, max=100)] = None,
    scope: ScopeText = "",
    json: Json = False,
    jsonl: JsonLines = False,
) -> None:
    """Find papers by words and by meaning, each with its best sentence."""
    state = of(context)
    wanted = count or state.settings().hits

    def produce(library: Library, text: str, within: Scope) -> SearchResult:
        return library.search(text, wanted, within)

    job = Job(produce, output.search_to_dict, output.write_search)
    run(state, job, question, scope, json=json, jsonl=jsonl)


def run(state: State, job: Job[Result], words: list[str], scope: str, *, json: bool, jsonl: bool) -> list[Result]:
    """Does the job for one question, or for each line of standard input; returns all results."""
    chosen = parse(scope)
    if words == ["-"]:
        return _run_lines(state, job, chosen, json=json, jsonl=jsonl)
    from store.search import check_question

    text = " ".join(words)
    check_question(text)
    with state.open_finished() as library:
        result = _produce(library, job, text, chosen)
    if json or jsonl:
        output.write_json(job.to_dict(result), compact=jsonl)
    else:
        job.show(result)
    return [result]


def _run_lines(state: State, job: Job[Result], scope: Scope, *, json: bool, jsonl: bool) -> list[Result]:
    """One question a line, in order, from one open library; a bad one does not stop the others."""
    objects: list[dict[str, Any]] = []
    results: list[Result] = []
    first_error: LibraryError | CiteloomError | None = None
    with state.open_finished() as library:
        for line in _lines():
            try:
                result = _produce(library, job, line, scope)
            except (LibraryError, CiteloomError) as error:
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


def _produce(library: Library, job: Job[Result], line: str, scope: Scope) -> Result:
    text, own = from_question(line)
    return job.produce(library, text, scope & own)


def _error_to_dict(question: str, error: LibraryError | CiteloomError) -> dict[str, Any]:
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
