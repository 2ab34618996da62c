"""The dialogue of `eval new`: asks for questions, shows what the library has for them, has papers and sentences marked.

It goes over standard input and stderr, so that it works with a pipe; stdout gets a line for
each question that was added.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import diagnostics, output
from agent.errors import CiteloomError, EvalError, UsageError
from evals import authoring
from evals.authoring import Draft, twin
from evals.report.numbers import count
from store import sentences
from store.errors import LibraryError
from store.text import clean, printable

if TYPE_CHECKING:
    from evals.gold import Question
    from evals.resolving import Papers
    from store.library import Library
    from store.paper import Paper

_SHOWN_AT_ONCE = 3
_SEARCHED = 100
_YES = ("y", "yes")
_HELP = """\
  2        paper 2 answers            2.3    its sentence 3 does
  +2       paper 2 may be cited too   -2     no mark for paper 2, or for -2.3
  more     show further papers        search WORDS   look with other words
  none     no paper answers           back   another question
  an empty line ends the marking"""


class Dialogue:
    """Asks for questions until there is an empty one, or the input ends; each is written when it is confirmed."""

    def __init__(self, path: Path, library: Library, papers: Papers, prefix: str) -> None:
        self._path, self._library, self._papers, self._prefix = path, library, papers, prefix
        self._added = 0
        self._shown: list[Paper] = []  # for one question; their numbers count from 1 and never change
        self._waiting: list[Paper] = []

    def run(self) -> None:
        """Goes on after what can be told; how many were added is said in any case."""
        try:
            while text := _ask("Question (an empty line ends): "):
                try:
                    draft = authoring.Draft(text)
                    warn_of_twin(authoring.standing(self._path), draft.text)
                    draft.chosen_kind = _ask(f"Kind [{draft.kind}]: ")
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
                    self._show(draft)
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
        self._waiting = [hit.paper for hit in self._library.search(words, _SEARCHED).hits]
        self._show(draft)

    def _show(self, draft: Draft) -> None:
        """Shows the next papers of those that were found."""
        if not self._waiting:
            _say("There are no further papers; search WORDS looks for others.")
        for paper in self._waiting[:_SHOWN_AT_ONCE]:
            if paper not in self._shown:
                self._shown.append(paper)
            _say(_listed(paper, self._shown.index(paper) + 1, draft))
        self._waiting = self._waiting[_SHOWN_AT_ONCE:]


def warn_of_twin(known: Sequence[Question], text: str) -> None:
    """Says so on stderr where a question of the same words is known."""
    if found := twin(known, text):
        diagnostics.notice(f"the same is asked in {found.id} already")


def tell_added(question: Question) -> None:
    """The line on stdout for a question that was written."""
    output.write(f"added {clean(question.id)}  {question.text}")
    output.flush()


def _listed(paper: Paper, number: int, draft: Draft) -> str:
    """A paper with its sentences, numbered; what is marked has a * (or a + where it may be cited, too)."""
    sign = "*" if paper.key in draft.gold else "+" if paper.key in draft.also else " "
    year = f", {paper.year}" if paper.year else ""
    lines = [output.wrapped(f"{paper.label} ({paper.key}{year})", first=f"{sign}{number:>3}  ", rest="      ")]
    for item in sentences.split(paper.abstract):
        sign = "*" if (paper.key, item.index) in draft.facts else " "
        lines.append(output.wrapped(item.text, first=f"{sign}   {f'{number}.{item.index}':<6}", rest=" " * 10))
    return "\n".join(lines)


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
    """A yes or a no; an empty line is `default`, and what is neither is asked again."""
    while (said := _ask(f"{question} [{'Y/n' if default else 'y/N'}] ").casefold()) not in {"", *_YES, "n", "no"}:
        pass
    return said in _YES if said else default


def _say(text: str) -> None:
    sys.stderr.write(printable(text) + "\n")


def _complain(error: LibraryError | CiteloomError) -> None:
    _say(clean(f"{error.message}; {error.hint}" if error.hint else error.message))
