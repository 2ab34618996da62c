"""Answers as text for a terminal: the claims, the exact sentences under them, and what is wrong with any."""

from __future__ import annotations

import re

from agent.answer import ABSTENTION, Answer, Citation, Claim, Disagreement
from agent.citations import byline
from agent.cli.output import flush, put, width, wrapped, write
from store.text import printable

_ESCAPED = re.compile(r"\\([\\`*_\[\]<>&#+=~.-])")
_FLAG = re.compile(r"\*\((weak|uncited)\)\*")
_BOLD = re.compile(r"\*\*")
_WORD = re.compile(r"\s*\S+")


def write_answer(answer: Answer, *, with_text: bool = True) -> None:
    """The answer to read: its text, each cited paper with the sentences that support it, and what failed the check."""
    if answer.abstained:
        _write_abstention(answer, with_text=with_text)
        return
    if answer.mode == "model":
        if with_text:
            for line in answer.marked.splitlines():
                write(wrapped(plain(line), rest=_hanging(line)) if line.strip() else "")
        write()
    _write_references(answer)
    _write_disagreements(answer.disagreements)
    _write_problems([claim for claim in answer.claims if claim.support != "supported"])


def plain(markdown: str) -> str:
    """Markdown as a terminal shows it: escapes and emphasis of our own taken away."""
    return _ESCAPED.sub(r"\1", _BOLD.sub("", _FLAG.sub(r"(\1)", markdown)))


class FlowingText:
    """Text that is shown as it comes, a word at a time, in lines as wide as the terminal."""

    def __init__(self) -> None:
        self._all = ""
        self._waiting = ""
        self._column = 0

    @property
    def has_begun(self) -> bool:
        """Whether anything was shown."""
        return bool(self._all)

    def has_shown(self, markdown: str) -> bool:
        """Whether just this was shown."""
        return self._all.split() == markdown.split()

    def add(self, markdown: str) -> None:
        """More text; its last word waits until it is whole."""
        self._all += markdown
        self._waiting += markdown
        whole = self._waiting.rstrip()
        cut = max(whole.rfind(" "), whole.rfind("\n"))
        if cut > 0:
            self._show(self._waiting[:cut])
            self._waiting = self._waiting[cut:]

    def end(self) -> None:
        """Shows what waits, and ends the line."""
        self._show(self._waiting)
        self._waiting = ""
        if self._column:
            put("\n")
        self._column = 0

    def _show(self, markdown: str) -> None:
        for match in _WORD.finditer(markdown):
            blanks = match.group()[: len(match.group()) - len(match.group().lstrip())]
            word = printable(plain(match.group().strip()))
            if "\n" in blanks:
                put("\n" * blanks.count("\n"))
                self._column = 0
            elif self._column and self._column + 1 + len(word) > width():
                put("\n")
                self._column = 0
            elif self._column:
                put(" ")
                self._column += 1
            put(word)
            self._column += len(word)
        flush()


def _hanging(line: str) -> str:
    mark = re.match(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+", line)
    return " " * len(mark.group()) if mark else ""


def _write_abstention(answer: Answer, *, with_text: bool) -> None:
    if with_text:
        write(wrapped(plain(answer.marked)) if answer.mode == "model" else ABSTENTION)
    if answer.nearest:
        write("\nNearest papers (they do not answer it):")
    for paper in answer.nearest:
        write(wrapped(f"{paper.label} {byline(paper)}".strip() + f"  {paper.key}", first="  - ", rest="    "))


def _write_references(answer: Answer) -> None:
    for reference in answer.references:
        paper = reference.paper
        write(wrapped(f"[{reference.number}] {paper.label} {byline(paper)}".strip(), rest="    "))
        write(f"    {paper.key}" + (f"   {paper.url}" if paper.url else ""))
        cited = [one for claim in answer.claims for one in claim.citations if one.number == reference.number]
        for citation in {one.sentence: one for one in cited}.values():
            write(wrapped(_quoted(citation), first="    ", rest="    "))
        if reference.variant:
            write(wrapped(f"another wording says: {reference.variant}", first="    ~ ", rest="    ~ "))
        write()


def _write_disagreements(found: tuple[Disagreement, ...]) -> None:
    if found:
        write("The papers may disagree:")
    for item in found:
        write(wrapped(f"{_quoted(item.one)} ({item.one.key})", first="  - ", rest="    "))
        write(wrapped(f"{_quoted(item.other)} ({item.other.key})", first="    ", rest="    "))
        write(wrapped(item.reason, first="    ", rest="    ") + "\n")


def _write_problems(failed: list[Claim]) -> None:
    if failed:
        write("Not supported as it stands:")
    for claim in failed:
        write(wrapped(f"({claim.support}) {claim.text}", first="  - ", rest="    "))
        for problem in claim.problems:
            write(wrapped(problem, first="    ", rest="    "))
    if failed:
        write()


def _quoted(citation: Citation) -> str:
    chosen = ", chosen by Citeloom" if citation.chosen_by_code else ""
    return f"“{citation.quote}” [{citation.number}.{citation.sentence}{chosen}]"
