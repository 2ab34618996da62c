"""Helps a user write a gold set, apart from any terminal: adds to it a question at a time.

A question is added under a lock, after what stands in the file was read again, in one write
that is on the disk when `append` returns; a write that fails leaves the file as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from errno import EACCES, ENOENT, ENOSPC
from pathlib import Path

from agent.errors import EvalError, UsageError
from agent.settings import data_folder
from evals.gold import UNANSWERABLE, Fact, Question, parse, short, told
from evals.resolving import Papers
from store import sentences
from store.paper import Paper
from store.search import check_question
from store.text import clean, title_key

_PATIENCE_S = 10.0
"""How long another writer is waited for; one holds the file for milliseconds."""
_MARK = re.compile(r"([+-]?)(\d{1,6})(?:\.(\d{1,6}))?")
_NUMBERED = re.compile(r"(.*?)(\d{1,18})")
_COMPARING = re.compile(r"\b(?:compar\w*|versus|vs|differ\w*|unlike|(?:better|worse|more|less|faster) .*than)\b", re.I)
_GATHERING = re.compile(r"\b(?:which|what) (?:\w+ ){0,2}(?:papers|methods|approaches|ways|works|techniques)\b", re.I)


class Draft:
    """A question that is being written; papers and sentences are marked one after the other."""

    def __init__(self, text: str, kind: str = "") -> None:
        """Raises `ScopeError` for a question that no search could look for."""
        self.text = clean(text)
        check_question(self.text)
        self.chosen_kind = clean(kind)
        self.unanswerable = False
        self.gold: dict[str, Paper] = {}
        self.also: dict[str, Paper] = {}
        self.facts: set[tuple[str, int]] = set()

    @property
    def kind(self) -> str:
        """The kind that was chosen, or what the question looks like."""
        return self.chosen_kind or (UNANSWERABLE if self.unanswerable else guessed_kind(self.text))

    def add_gold(self, paper: Paper, sentence: int | None = None) -> None:
        """The paper answers; with the number of a sentence, that sentence does."""
        if sentence is not None:
            check_sentence(paper, sentence)
            self.facts.add((paper.key, sentence))
        self.also.pop(paper.key, None)
        self.gold[paper.key] = paper

    def add_also(self, paper: Paper) -> None:
        """The paper may be cited, and need not be; a fact of it is none any more."""
        self.drop(paper)
        self.also[paper.key] = paper

    def drop(self, paper: Paper, sentence: int | None = None) -> None:
        """Takes back the mark of a sentence, or all marks of a paper."""
        if sentence is not None:
            self.facts.discard((paper.key, sentence))
            return
        self.gold.pop(paper.key, None)
        self.also.pop(paper.key, None)
        self.facts = {fact for fact in self.facts if fact[0] != paper.key}

    def mark(self, line: str, shown: Sequence[Paper]) -> None:
        """Marks by number among `shown`, as in `1 2.3 +4 -5`; a line with a mistake marks nothing (`UsageError`)."""
        before = dict(self.gold), dict(self.also), set(self.facts)
        try:
            for word in line.replace(",", " ").split():
                self._mark_one(word, shown)
        except UsageError:
            self.gold, self.also, self.facts = before
            raise

    def marks(self, shown: Sequence[Paper]) -> str:
        """All marks as `mark` takes them, of papers that are among `shown`."""
        numbers = {paper.key: number for number, paper in enumerate(shown, 1)}
        facts = [f"{numbers[key]}.{sentence}" for key, sentence in sorted(self.facts)]
        bare = [str(numbers[key]) for key in self.gold if key not in {key for key, _ in self.facts}]
        return " ".join([*bare, *facts, *(f"+{numbers[key]}" for key in self.also)]) or "nothing"

    def give_up(self) -> None:
        """No paper answers: every mark is taken back."""
        self.gold, self.also, self.facts = {}, {}, set()
        self.unanswerable = True

    def question(self, papers: Papers, id: str = "") -> Question:
        """The question as it would be written; each paper by its title where no other is called so."""
        names = {key: name_of(paper, papers) for key, paper in (*self.gold.items(), *self.also.items())}
        facts = tuple(
            Fact(names[key], sentences.split(paper.abstract)[number - 1].text)
            for key, paper in self.gold.items()
            for number in sorted(number for of, number in self.facts if of == key)
        )
        gold, also = tuple(names[key] for key in self.gold), tuple(names[key] for key in self.also)
        return Question(id, self.text, self.kind, gold, also, facts, answerable=bool(gold))

    def _mark_one(self, word: str, shown: Sequence[Paper]) -> None:
        parsed = _MARK.fullmatch(word)
        if not parsed:
            raise UsageError(f"{short(word)} is no mark", "a mark is 2 (a paper), 2.3 (a sentence), +2 or -2")
        sign, number, sentence = parsed[1], int(parsed[2]), int(parsed[3]) if parsed[3] else None
        paper = numbered(shown, number)
        if sign == "-":
            self.drop(paper, sentence)
        elif sign == "":
            self.add_gold(paper, sentence)
        elif sentence is None:
            self.add_also(paper)
        else:
            raise UsageError(f"{short(word)} is no mark", "only a paper that answers has sentences that do")


def numbered(shown: Sequence[Paper], number: int) -> Paper:
    """The paper that was shown under a number; a `UsageError` where there is none."""
    if not 1 <= number <= len(shown):
        raise UsageError(f"no paper {number} was shown", f"they are numbered from 1 to {len(shown)}")
    return shown[number - 1]


def check_sentence(paper: Paper, number: int) -> None:
    """A `UsageError` where the abstract has no sentence of this number."""
    count = len(sentences.split(paper.abstract))
    if not 1 <= number <= count:
        raise UsageError(f"{paper.key} has no sentence {number}", f"its abstract has {count}, numbered from 1")


def guessed_kind(text: str) -> str:
    """What kind of question this may be: `comparison`, `synthesis`, `topic` or `fact`."""
    if _COMPARING.search(text):
        return "comparison"
    if _GATHERING.search(text):
        return "synthesis"
    return "fact" if text.rstrip().endswith("?") else "topic"


def name_of(paper: Paper, papers: Papers) -> str:
    """How a gold set names the paper: by its title if that means it alone, else by its key."""
    return paper.title if paper.title and papers.keys_of(paper.title) == [paper.key] else paper.key


def one_paper(papers: Papers, name: str) -> Paper:
    """The paper of a key, an identifier or a title; a `UsageError` where there is not just one."""
    keys = papers.keys_of(name)
    if len(keys) == 1:
        return papers.by_key[keys[0]]
    if keys:
        raise UsageError(f"{short(name)} may be {' or '.join(keys)}", "name it by its key")
    import difflib

    near = difflib.get_close_matches(name, papers.by_key, n=1)
    told = f"did you mean {near[0]}, {short(papers.by_key[near[0]].label)}?" if near else ""
    hint = told or "`citeloom search WORDS` and `citeloom papers list` show the keys"
    raise UsageError(f"there is no paper {short(name)} in the library", hint)


def twin(questions: Sequence[Question], text: str) -> Question | None:
    """A question of the same words."""
    return next((question for question in questions if title_key(question.text) == title_key(text)), None)


def standing(path: Path) -> tuple[Question, ...]:
    """The questions of a file that more will be added to, none if it is still to be made; `EvalError` for flaws."""
    with _alone(path):
        if not os.access(path if _is_there(path) else path.resolve().parent, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
        return _standing(path)[1]


def append(path: Path, question: Question, prefix: str = "") -> Question:
    """Writes a question at the end of a file; returns it with the id that it got if it had none.

    An `EvalError`, and the file as it was, where it has flaws or cannot be written.
    """
    with _alone(path):
        data, questions = _standing(path)
        taken = [known.id for known in questions]
        if question.id in taken:
            raise UsageError(f"there is a question {short(question.id)} in {path} already", "give it another --id")
        made = question if question.id else replace(question, id=free_id(taken, prefix))
        line = json.dumps(made.to_dict(), ensure_ascii=False).encode() + b"\n"
        if flaws := parse(line)[1]:
            raise UsageError(f"the question cannot be written: {flaws[0].reason}", "give it another --id or --kind")
        _write(path, line if not data or data.endswith(b"\n") else b"\n" + line)
        return made


def free_id(taken: Sequence[str], prefix: str = "") -> str:
    """The id after the last one of this prefix, as `q007` after `q006`; without a prefix, of the last id's own."""
    numbered = [(found[1], found[2]) for id in taken if (found := _NUMBERED.fullmatch(id))]
    prefix = clean(prefix) or (numbered[-1][0] if numbered else "q")
    numbers = [number for of, number in numbered if of == prefix]
    width = len(numbers[-1]) if numbers else 3
    number = max(map(int, numbers), default=0) + 1
    while (id := f"{prefix}{number:0{width}}") in taken:  # a prefix that itself ends in a digit
        number += 1
    return id


def _standing(path: Path) -> tuple[bytes, tuple[Question, ...]]:
    data = path.read_bytes() if _is_there(path) else b""
    questions, flaws = parse(data)
    if placed := [flaw for flaw in flaws if flaw.place]:  # the one without a place says that there is nothing yet
        raise EvalError(f"{path}: {told(placed)}", f"mend it first; `citeloom eval check {path}` lists everything")
    return data, tuple(questions)


def _is_there(path: Path) -> bool:
    """Whether there is a file; an `OSError` for what can be none, as for a name that is too long."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds the lock of a gold file; the operating system frees it when its holder dies.

    It lies with the data of the user, so that nothing is left beside the gold file; of two users
    with data of their own, neither waits for the other. What the operating system refuses within
    becomes an `EvalError`.
    """
    from filelock import FileLock, Timeout

    try:
        whole = path.resolve()
        if not whole.parent.is_dir():
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT))
        with FileLock(_lock_of(whole), timeout=_PATIENCE_S):
            yield
    except Timeout as error:
        raise EvalError(f"another process holds the gold set {path}", "wait until it is done, or stop it") from error
    except OSError as error:
        raise EvalError(
            f"the gold set {path} cannot be written: {error.strerror or error}",
            "check its folder, its permissions and the space left; nothing was changed",
        ) from error


def _lock_of(whole: Path) -> Path:
    """The lock of the gold file at this resolved path; an `EvalError` where its folder cannot be made."""
    folder = data_folder() / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
    except OSError as error:
        raise EvalError(
            f"no lock can be made in {folder}: {error.strerror or error}", "check the permissions and the space left"
        ) from error
    return folder / f"{hashlib.sha256(os.fsencode(whole)).hexdigest()[:32]}.lock"


def _write(path: Path, data: bytes) -> None:
    """Adds `data` at the end, all of it and on the disk, or nothing."""
    with path.open("ab", buffering=0) as file:
        size = file.tell()
        try:
            if file.write(data) != len(data):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise
