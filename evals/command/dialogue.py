"""The dialogue of `eval new`: asks for questions, shows what the library has for them, has papers and sentences marked.

It goes over standard input and stderr, so that it works with a pipe; stdout gets a line for
each question that was added.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import diagnostics, output
from agent.errors import CiteloomError, EvalError, UsageError
from evals import authoring
from evals.authoring import Draft, twin
from evals.checking import USUAL_KINDS, meant_kind
from evals.gold import UNANSWERABLE, short
from evals.report.numbers import count
from store import sentences
from store.errors import LibraryError
from store.text import clean, printable

if TYPE_CHECKING:
    from evals.gold import Question
    from evals.resolving import Papers
    from store.library import Library
    from store.paper import Hit, Paper

_LISTED_AT_ONCE = 5
_LINES_LISTED = 3
"""The most of a sentence where papers are listed; `show` has it whole."""
_PLACE = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?")
_SEARCHED = 100
_YES, _NO = ("y", "yes"), ("n", "no")
_HELP = """\
  2        paper 2 answers            2.3    its sentence 3 does
  +2       paper 2 may be cited too   -2     no mark for paper 2, or for -2.3
  show 2   all its sentences          show 2.9       from its sentence 9 on
  more     further papers             search WORDS   look with other words
  none     no paper answers           back   another question
  an empty line ends the marking"""


class Dialogue:
    """Asks for questions until there is an empty one, or the input ends; each is written when it is confirmed."""

    def __init__(self, path: Path, library: Library, papers: Papers, prefix: str) -> None:
        self._path, self._library, self._papers, self._prefix = path, library, papers, prefix
        self._added = 0
        self._shown: list[Paper] = []  # for one question; their numbers count from 1 and never change
        self._waiting: list[Hit] = []

    def run(self) -> None:
        """Goes on after what can be told; how many were added is said in any case."""
        try:
            while text := _ask("Question (an empty line ends): "):
                try:
                    draft = authoring.Draft(text)
                    known = authoring.standing(self._path)
                    warn_of_twin(known, draft.text)
                    draft.chosen_kind = _kind(draft.kind, {question.kind for question in known})
                    self._write_one(draft)
                except (LibraryError, EvalError) as error:
                    _complain(error)
        except EOFError:
            _say("")
        except KeyboardInterrupt:
            _say("")
            raise
        finally:
            diagnostics.notice(f"{count(self._added, 'question')} added to {self._path}")

    def _write_one(self, draft: Draft) -> None:
        """Has the question marked and confirmed, as often as it takes; `back` leaves it out."""
        self._shown = []
        self._look(draft, draft.text)
        while self._marked(draft):
            question = draft.question(self._papers)
            _say(_summary(question))
            while _yes(f"Write it to {self._path}?", default=True):
                try:
                    added = authoring.append(self._path, question, self._prefix)
                except CiteloomError as error:
                    _complain(error)  # the user may mend what it is, and say yes again
                    continue
                self._added += 1
                tell_added(added)
                return

    def _marked(self, draft: Draft) -> bool:
        """Has papers marked until an empty line; False where the user went back."""
        draft.unanswerable = False
        while (line := _ask("Mark (? for help): ")) or not draft.gold:
            word, _, rest = line.partition(" ")
            try:
                if word == "back":
                    return False
                if word == "none" and _yes("Is it sure that no paper in the library answers it?", default=False):
                    draft.give_up()
                    return True
                if word == "more":
                    self._list(draft)
                elif word == "show":
                    self._show(draft, rest)
                elif word == "search":
                    self._look(draft, rest)
                elif word == "?":
                    _say(_HELP)
                elif word != "none":
                    draft.mark(line, self._shown)
                    _say(f"Marked: {draft.marks(self._shown)}" + ("" if draft.gold else "; no paper answers it yet"))
            except (LibraryError, UsageError) as error:
                _complain(error)
        return True

    def _look(self, draft: Draft, words: str) -> None:
        self._waiting = list(self._library.search(words, _SEARCHED).hits)
        self._list(draft)

    def _list(self, draft: Draft) -> None:
        """Lists the next papers that were found, as many as the screen holds, each with the sentence that fits best."""
        if not self._waiting:
            _say("There are no further papers; search WORDS looks for others.")
            return
        room, listed = _room(), list[int]()
        while self._waiting and len(listed) < _LISTED_AT_ONCE:
            hit = self._waiting[0]
            number = self._shown.index(hit.paper) + 1 if hit.paper in self._shown else len(self._shown) + 1
            lines = _listed(hit, number, draft)
            room -= len(lines)
            if room < 0 and listed:
                break
            _say("\n".join(lines))
            listed.append(number)
            self._waiting.pop(0)
            if number > len(self._shown):
                self._shown.append(hit.paper)
        further = f"more: further papers ({len(self._waiting)} left)" if self._waiting else "search WORDS: other papers"
        _say(f"show {listed[0]}: all sentences of paper {listed[0]}; {further}")

    def _show(self, draft: Draft, place: str) -> None:
        """Shows a paper from a sentence on, as much of it as the screen holds."""
        if not (parsed := _PLACE.fullmatch(place.strip())):
            raise UsageError(f"{short(place)} names no paper", "show 2 shows paper 2, show 2.9 from its sentence 9 on")
        number, first = int(parsed[1]), int(parsed[2] or 1)
        paper = authoring.numbered(self._shown, number)
        authoring.check_sentence(paper, first)
        room = _room()
        for at, block in enumerate(_blocks(paper, number, draft, first)):
            room -= len(block)
            if room < 0 and at > 1:
                _say(f"show {number}.{first + at - 1}: the other sentences")
                break
            _say("\n".join(block))


def warn_of_twin(known: Sequence[Question], text: str) -> None:
    """Says so on stderr where a question of the same words is known."""
    if found := twin(known, text):
        diagnostics.notice(f"the same is asked in {found.id} already")


def tell_added(question: Question) -> None:
    """The line on stdout for a question that was written."""
    output.write(f"added {clean(question.id)}  {question.text}")
    output.flush()


def _kind(guess: str, used: Collection[str]) -> str:
    """The kind that the user chooses, empty for the guess; asks back where it may be a misspelling."""
    others = ", ".join(kind for kind in USUAL_KINDS if kind not in (guess, UNANSWERABLE))
    said = _ask(f"Kind [{guess}] (or {others}, your own word): ")
    if (near := meant_kind(said, used)) and _yes(f"Did you mean {near}?", default=True):
        said = near
    if said == UNANSWERABLE:
        _say("Look first at what the library has; none at the next prompt says that no paper answers.")
        return ""
    return said


def _listed(hit: Hit, number: int, draft: Draft) -> list[str]:
    """A paper in a few lines: its title, the sentence that fits best, and those that are marked."""
    wanted = {hit.sentence.index, *(sentence for key, sentence in draft.facts if key == hit.paper.key)}
    title, *blocks = _blocks(hit.paper, number, draft)
    for index in sorted(wanted):
        block = blocks[index - 1]
        more = " …" if len(block) > _LINES_LISTED else ""
        title += [*block[: _LINES_LISTED - 1], *(line + more for line in block[_LINES_LISTED - 1 : _LINES_LISTED])]
    return title


def _blocks(paper: Paper, number: int, draft: Draft, first: int = 1) -> Iterator[list[str]]:
    """The lines of a paper's title, then of each sentence; what is marked has a *, or a + where it may be cited too."""
    sign = "*" if paper.key in draft.gold else "+" if paper.key in draft.also else " "
    items = sentences.split(paper.abstract)
    year = f", {paper.year}" if paper.year else ""
    title = f"{paper.label} ({paper.key}{year}; {count(len(items), 'sentence')})"
    yield output.wrapped(title, first=f"{sign}{number:>3}  ", rest="      ").split("\n")
    for item in items[first - 1 :]:
        sign = "*" if (paper.key, item.index) in draft.facts else " "
        place = f"{number}.{item.index}"
        yield output.wrapped(item.text, first=f"{sign} {place:<6}", rest=" " * 8).split("\n")


def _room() -> int:
    """How many lines may be shown at once, before a hint and the prompt, so that none scrolls out of a terminal."""
    return shutil.get_terminal_size().lines - 3 if sys.stderr.isatty() else sys.maxsize


def _summary(question: Question) -> str:
    rows = [("question", question.text), ("kind", question.kind)]
    for name in question.gold:
        rows += [("answers", name), *(("sentence", fact.sentence) for fact in question.facts if fact.paper == name)]
    rows += [("also", name) for name in question.also]
    if not question.gold:
        rows.append(("answers", "no paper: it is unanswerable"))
    return "\n".join(output.wrapped(text, first=f"  {label:<10}", rest=" " * 12) for label, text in rows)


def _ask(prompt: str) -> str:
    """The next line of standard input, cleaned; EOFError where there is none."""
    sys.stderr.write(printable(prompt))
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    said = clean(line)
    if not sys.stdin.isatty():  # a terminal shows what is typed
        _say(said)
    return said


def _yes(question: str, *, default: bool) -> bool:
    """A yes or a no; an empty line is `default`, but not after other text: both may be meant for another prompt."""
    choices = "Y/n" if default else "y/N"
    while (said := _ask(f"{question} [{choices}] ").casefold()) not in (*_YES, *_NO):
        if not said and choices != "y/n":
            return default
        choices = "y/n"
        _say(f"{short(said)} is neither; answer y or n" if said else "Answer y or n.")
    return said in _YES


def _say(text: str) -> None:
    sys.stderr.write(printable(text) + "\n")


def _complain(error: LibraryError | CiteloomError) -> None:
    _say(clean(f"{error.message}; {error.hint}" if error.hint else error.message))
