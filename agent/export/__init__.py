"""Exports of answers: Markdown for pandoc, BibTeX, RIS, CSL-JSON, HTML and JSON.

Pure functions: answers and papers in, text out. RIS has CRLF line ends: write the text
with `newline=""`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from agent.answer import Answer
from agent.errors import UsageError
from agent.export import bibtex, csl, entry, ris
from agent.export.material import Material, gather
from store.paper import Paper
from store.text import clean

FORMATS = ("md", "bib", "ris", "csl-json", "html", "json")
"""What `render` writes."""
BIBLIOGRAPHIES = {"bib": bibtex.render, "ris": ris.render, "csl-json": csl.render}
"""The formats that hold papers alone, and what writes them."""
SCHEMA = "citeloom.export/1"


def render(answers: Sequence[Answer], fmt: str, *, title: str = "", more: Sequence[Paper] = ()) -> str:
    """The answers in one of `FORMATS`, with the papers that they cite, each listed once, and then `more`.

    Raises `UsageError` for any other format.
    """
    if fmt not in FORMATS:
        raise _unknown(fmt, FORMATS)
    material = gather(answers, more)
    heading = clean(title) or (clean(answers[0].question) if len(answers) == 1 else "Answers")
    match fmt:
        case "md":
            from agent.export import markdown

            return markdown.render(material, heading)
        case "html":
            from agent.export import html

            return html.render(material, heading)
        case "json":
            return _json(material, clean(title))
    return bibliography(material.listed, fmt)


def bibliography(papers: Sequence[Paper], fmt: str) -> str:
    """The papers as BibTeX (`bib`), RIS (`ris`) or CSL-JSON (`csl-json`), each once, in the order given.

    Raises `UsageError` for any other format.
    """
    write = BIBLIOGRAPHIES.get(fmt)
    if write is None:
        raise _unknown(fmt, BIBLIOGRAPHIES)
    return write([entry.of(paper) for paper in gather((), papers).further])


def _unknown(fmt: str, offered: Iterable[str]) -> UsageError:
    return UsageError(f"there is no such format here: {clean(fmt)}", f"choose one of: {', '.join(offered)}")


def _json(material: Material, title: str) -> str:
    """Answers and papers as data; the nearest papers are among the latter, so that answers can be read back."""
    content = {
        "schema": SCHEMA,
        "title": title,
        "answers": [answer.to_dict() for answer in material.answers],
        "papers": [paper.to_dict() for paper in (*material.listed, *material.nearest)],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
