"""The one writer to stdout: data and nothing else, as text, JSON or JSON lines."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from agent.answer import ABSTENTION, Answer
from agent.citations import byline
from store.paper import Hit, Paper
from store.search import SearchResult
from store.text import printable

SEARCH_SCHEMA = "citeloom.search/1"
_WIDTH_AT_MOST = 100
_WIDTH_WITHOUT_TERMINAL = 80


class OutputClosed(Exception):
    """Whoever read our output has had enough."""


def write(text: str = "") -> None:
    """A line of text, or several; no control character or escape gets to the terminal."""
    _put(printable(text) + "\n")


def write_json(content: Mapping[str, Any], *, compact: bool) -> None:
    """One JSON object; on one line if `compact`, as for `--jsonl`."""
    if compact:
        _put(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
        flush()
    else:
        _put(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def flush() -> None:
    """Sends what is written on its way."""
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputClosed from error


def _put(text: str) -> None:
    try:
        sys.stdout.write(text)
    except BrokenPipeError as error:
        raise OutputClosed from error


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
        write(_wrapped(f"{hit.paper.label} {byline(hit.paper)}".strip(), first=f"{hit.rank:>2}. ", rest="    "))
        write(f"    {hit.paper.key}   score {hit.score:.3f}   {ranks}")
        write(_wrapped(hit.sentence.text, first="    | ", rest="    | "))
        if hit.variant:
            write(_wrapped(hit.variant, first="    ~ another wording: ", rest="    ~ "))
        write()


def write_answer(answer: Answer) -> None:
    """The answer to read: each quoted sentence with its number, then the papers."""
    if answer.abstained:
        write(ABSTENTION)
        if answer.nearest:
            write("\nNearest papers (they do not answer it):")
        for paper in answer.nearest:
            write(_wrapped(f"{paper.label} {byline(paper)}".strip() + f"  {paper.key}", first="  - ", rest="    "))
        return
    for reference in answer.references:
        paper = reference.paper
        write(_wrapped(f"[{reference.number}] {paper.label} {byline(paper)}".strip(), first="", rest="    "))
        write(f"    {paper.key}" + (f"   {paper.url}" if paper.url else ""))
        for claim in answer.claims:
            for citation in claim.citations:
                if citation.number == reference.number:
                    write(
                        _wrapped(
                            f"“{citation.quote}” [{citation.number}.{citation.sentence}]", first="    ", rest="    "
                        )
                    )
        if reference.variant:
            write(_wrapped(f"another wording says: {reference.variant}", first="    ~ ", rest="    ~ "))
        write()


def write_papers(papers: Iterable[Paper]) -> None:
    """A line a paper: key, year, title."""
    for paper in papers:
        write(f"{paper.key:<28} {paper.year or '----'}  {paper.label}")


def write_paper(paper: Paper) -> None:
    """All that the library knows of one paper."""
    write(_wrapped(paper.label, first="", rest=""))
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
    write("\n" + _wrapped(paper.abstract, first="", rest=""))
    for variant in paper.variants:
        write("\nAnother wording:\n" + _wrapped(variant, first="", rest=""))


def _wrapped(text: str, *, first: str, rest: str) -> str:
    return textwrap.fill(
        text,
        width=_width(),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width() -> int:
    import shutil

    if not sys.stdout.isatty():
        return _WIDTH_WITHOUT_TERMINAL
    return min(shutil.get_terminal_size().columns, _WIDTH_AT_MOST)
