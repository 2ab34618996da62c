"""What the screen of summaries says where there is no section to read; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual.content import Content
from textual.style import Style

from agent.citations import byline
from agent.summary.values import NOT_COVERED, Summary
from agent.tui.glyphs import Glyphs
from agent.tui.messages import Told
from agent.tui.screens.summary_pages import OVERVIEW, Page
from agent.tui.screens.summary_run import Run
from store.text import fold, printable

_LONGEST_STEM = 40


def _paragraphs(texts: Iterable[str]) -> Content:
    return Content("\n\n").join([Content(printable(text)) for text in texts if text])


EMPTY = _paragraphs(
    (
        "Write a topic above and press Enter.",
        "The summary groups the papers on it by theme, compares them, shows them by year, and lists what they call "
        "open. Every claim leads to the sentence that it rests on.",
        "The scope of the chat holds here too; words such as year:2024- in the topic narrow it further.",
    )
)
"""Before there is a topic."""


def progress(run: Run, page: Page | None) -> Content:
    """How far a summary is; on a page of its own, how far that page is."""
    if run.stopping:
        said = ["stopping"]
    elif page and page.name != OVERVIEW:
        said = ["is being written" if page.state == "writing" else "comes when the parts before it are there"]
    else:
        searches = "1 search" if run.searches == 1 else f"{run.searches} searches"
        said = [f"{run.relevant} papers bear on it, after {searches}"]
        if run.total:
            said.append(f"{run.done} of {run.total} parts are written")
            said.append("The sections can be read as they come; the overview comes after them.")
    title = page.title if page and page.name != OVERVIEW else run.topic
    lines = [Content(printable(title)).stylize("bold"), *(Content(line).stylize("$muted") for line in said)]
    return Content("\n").join(lines)


def failure(told: Told, *, may_go_on: bool) -> Content:
    """Why a summary is not finished; and how to go on, where there are parts of it."""
    again = "To go on, begin it again: / and then Enter. Finished parts are used again." if may_go_on else ""
    return _paragraphs((f"Not finished: {told.text}", told.hint, again))


def card(summary: Summary, glyphs: Glyphs) -> Content:
    """What an abstention shows: what was looked for, the nearest papers, and what can be done."""
    within = f"within {summary.scope}" if summary.scope else "in the whole library"
    lines = [
        Content.assemble((f"{glyphs.uncited} {NOT_COVERED}", "bold")),
        Content(printable(f"Searched {within} for: {summary.topic}")),
    ]
    if summary.nearest:
        lines.append(Content("Nearest papers, which do not bear on it:"))
    for at, paper in enumerate(summary.nearest):
        line = Content(printable(f"{glyphs.bullet} {paper.label} {byline(paper)}".rstrip()))
        lines.append(line.stylize(Style.from_meta({"@click": f"stop_at({at})"})))
    lines.append(Content("/ takes another topic, n walks through the nearest").stylize("$muted"))
    lines += [Content(printable(text)).stylize("$muted") for text in summary.warnings]
    return Content("\n").join(lines)


def stem(topic: str) -> str:
    """The name of a file for a topic: plain letters and digits alone."""
    words = re.findall(r"[a-z0-9]+", fold(topic))
    return f"citeloom-{'-'.join(words)[:_LONGEST_STEM].strip('-') or 'summary'}"
