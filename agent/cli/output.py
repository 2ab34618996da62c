"""The one writer to stdout: data and nothing else, as text, JSON or JSON lines."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.citations import byline
from agent.errors import UsageError
from agent.writing import write_whole
from store.text import printable

if TYPE_CHECKING:
    from store.paper import Hit, Paper
    from store.search import SearchResult


SEARCH_SCHEMA = "citeloom.search/1"
_WIDTH_AT_MOST = 100
_WIDTH_WITHOUT_TERMINAL = 80


class OutputClosed(Exception):
    """Whoever read our output has had enough."""


def write(text: str = "") -> None:
    """A line of text, or several; no control character or escape gets to the terminal."""
    put(printable(text) + "\n")


def write_json(content: Mapping[str, Any], *, compact: bool) -> None:
    """One JSON object; on one line if `compact`, as for `--jsonl`."""
    put(json_text(content, compact=compact) + "\n")
    if compact:
        flush()


def json_text(content: Mapping[str, Any], *, compact: bool) -> str:
    """An object as JSON, on one line if `compact`."""
    if compact:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(content, ensure_ascii=False, indent=2)


def flush() -> None:
    """Sends what is written on its way."""
    with _delivered():
        sys.stdout.flush()


def write_to(target: Path | None, text: str) -> None:
    """`text` to a file, whole or not at all, or to stdout; the same bytes either way."""
    if target is None:
        put(text if text.endswith("\n") else text + "\n")
    else:
        write_whole(target, text)


def put(text: str) -> None:
    """Text that is fit for a terminal already."""
    with _delivered():
        sys.stdout.write(text)


def abandon() -> None:
    """Drops what is not written yet and all that follows, so that nothing fails anew when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _delivered() -> Iterator[None]:
    """Tells a reader who has gone from a place that cannot take the output."""
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosed from error
    except OSError as error:
        abandon()
        raise UsageError(f"the output cannot be written: {error.strerror}", "send it to another place") from error


def search_to_dict(result: SearchResult) -> dict[str, Any]:
    """The JSON form of a search."""
    return {
        "schema": SEARCH_SCHEMA,
        "query": result.query,
        "scope": str(result.scope),
        "hits": [_hit_to_dict(hit) for hit in result.hits],
        "timings": result.timings,
    }


def _hit_to_dict(hit: Hit) -> dict[str, Any]:
    sentence = hit.sentence
    return {
        "rank": hit.rank,
        "key": hit.paper.key,
        "title": hit.paper.title,
        "year": hit.paper.year,
        "score": round(hit.score, 6),
        "lexical_rank": hit.lexical_rank,
        "dense_rank": hit.dense_rank,
        "sentence": {"index": sentence.index, "start": sentence.start, "end": sentence.end, "text": sentence.text},
        "variant": hit.variant,
    }


def write_search(result: SearchResult) -> None:
    """The hits as a list to read: rank, title, who and when, key, and the best sentence."""
    if not result.hits:
        write("Nothing found.")
    for hit in result.hits:
        ranks = " · ".join(
            f"{name} {rank}" for name, rank in (("words", hit.lexical_rank), ("meaning", hit.dense_rank)) if rank
        )
        write(wrapped(f"{hit.paper.label} {byline(hit.paper)}".strip(), first=f"{hit.rank:>2}. ", rest="    "))
        write(f"    {hit.paper.key}   score {hit.score:.3f}   {ranks}")
        write(wrapped(hit.sentence.text, first="    | ", rest="    | "))
        if hit.variant:
            write(wrapped(hit.variant, first="    ~ another wording: ", rest="    ~ "))
        write()


def write_papers(papers: Iterable[Paper]) -> None:
    """A line a paper: key, year, title."""
    for paper in papers:
        write(f"{paper.key:<28} {paper.year or '----'}  {paper.label}")


def write_paper(paper: Paper) -> None:
    """All that the library knows of one paper."""
    write(wrapped(paper.label, first="", rest=""))
    facts = (
        ("key", paper.key),
        ("authors", ", ".join(paper.authors) + ("" if paper.authors_complete else " et al.")),
        ("authors in all", str(paper.author_count or "")),
        ("date", paper.date or ""),
        ("venue", paper.venue or ""),
        ("categories", ", ".join(paper.categories)),
        ("identifiers", ", ".join(f"{name}:{value}" for name, value in paper.identifiers.items())),
        ("url", paper.url or ""),
        ("code", {True: "yes", False: "no", None: ""}[paper.has_code]),
        *paper.extra.items(),
    )
    for name, value in facts:
        if value:
            write(f"  {name}: {value}")
    for source in paper.sources:
        write(f"  from {source.path}, {source.place}")
    write("\n" + wrapped(paper.abstract, first="", rest=""))
    for variant in paper.variants:
        write("\nAnother wording:\n" + wrapped(variant, first="", rest=""))


def wrapped(text: str, *, first: str = "", rest: str = "") -> str:
    """`text` in lines as wide as the terminal, each indented."""
    return textwrap.fill(
        text,
        width=width(),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def width() -> int:
    """How many columns a line of text takes at most."""
    import shutil

    if not sys.stdout.isatty():
        return _WIDTH_WITHOUT_TERMINAL
    return min(shutil.get_terminal_size().columns, _WIDTH_AT_MOST)
