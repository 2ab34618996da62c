"""Scopes: a filter over the library, written as `year:2024- author:"Chi Jin"`.

Words of one field are alternatives, fields narrow each other. In a question only the
known fields followed directly by a value are scope; everything else stays text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from store.errors import ScopeError
from store.text import clean, fold

FIELDS = ("year", "author", "venue", "source", "category", "key")
_VALUE = r"(?:\"[^\"]*\"|[^\s\"]+)"
_IN_QUESTION = re.compile(rf"(?<!\S)({'|'.join(FIELDS)}):({_VALUE})")
_PIECE = re.compile(rf"\s*(?:([A-Za-z]+):({_VALUE})|(\S+))")
_YEARS = re.compile(r"(\d{4})?(-)?(\d{4})?")
_EXAMPLE = 'write it as in: year:2023- author:"Chi Jin" category:LG'


@dataclass(frozen=True, slots=True)
class Scope:
    """Conditions on papers, as (field, value) pairs; no condition means the whole library."""

    conditions: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join(f'{name}:"{value}"' if " " in value else f"{name}:{value}" for name, value in self.conditions)

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __and__(self, other: Scope) -> Scope:
        return Scope(tuple(dict.fromkeys((*self.conditions, *other.conditions))))


class Question(NamedTuple):
    """A question without its scope words, and the scope that they stand for."""

    text: str
    scope: Scope


def parse(text: str) -> Scope:
    """The scope that `text` writes; a `ScopeError` where it is not one."""
    conditions = []
    for piece in _PIECE.finditer(text):
        name, value, other = piece.groups()
        if other or name.lower() not in FIELDS:
            raise ScopeError(f"the scope {piece.group().strip()!r} cannot be understood", _hint(name or other))
        conditions.append(_condition(name.lower(), value))
    return Scope(tuple(dict.fromkeys(conditions)))


def from_question(text: str) -> Question:
    """Parts a question into its text and its scope words."""
    conditions = [_condition(match[1], match[2]) for match in _IN_QUESTION.finditer(text)]
    return Question(" ".join(_IN_QUESTION.sub(" ", text).split()), Scope(tuple(dict.fromkeys(conditions))))


def to_sql(scope: Scope) -> tuple[str, list[str | int]]:
    """A condition on the row id `papers.id`, and its parameters; every value goes in as a parameter."""
    clauses: list[str] = []
    parameters: list[str | int] = []
    for name in FIELDS:
        values = [value for field, value in scope.conditions if field == name]
        if not values:
            continue
        if name == "key":  # thousands may be picked, more than an expression may have branches
            clauses.append(f"papers.key IN ({','.join('?' * len(values))})")
            parameters.extend(values)
            continue
        alternatives = []
        for value in values:
            clause, given = _clause(name, value)
            alternatives.append(clause)
            parameters.extend(given)
        clauses.append("(" + " OR ".join(alternatives) + ")")
    return " AND ".join(clauses) or "1", parameters


def _condition(name: str, value: str) -> tuple[str, str]:
    value = clean(value.strip('"'))
    if not value:
        raise ScopeError(f"the scope {name}: has no value", _EXAMPLE)
    if name == "year":
        _years(value)
    elif name in ("author", "venue", "category") and not _words(value):
        raise ScopeError(f"the scope {name}:{value} has no letter or digit to look for", _EXAMPLE)
    return name, value


def _hint(name: str) -> str:
    near = difflib.get_close_matches(name.lower().split(":")[0], FIELDS, n=1)
    return f"did you mean {near[0]}: ? {_EXAMPLE}" if near else _EXAMPLE


def _years(value: str) -> tuple[int, int]:
    match = _YEARS.fullmatch(value)
    if not match or not (match[1] or match[3]) or (match[1] and match[3] and not match[2]):
        raise ScopeError(
            f"the scope year:{value} is no year or range of years", "write year:2024, 2022-2024, 2024- or -2024"
        )
    first = int(match[1]) if match[1] else 0
    last = int(match[3]) if match[3] else 9999 if match[2] else first
    if first > last:
        raise ScopeError(f"the scope year:{value} ends before it begins", f"write year:{last}-{first}")
    return first, last


def _clause(name: str, value: str) -> tuple[str, Sequence[str | int]]:
    if name == "year":
        return "papers.year BETWEEN ? AND ?", _years(value)
    if name == "source":
        return "papers.id IN (SELECT paper_id FROM sources WHERE instr(lower(path), lower(?)))", (value,)
    column = {"author": "authors", "venue": "venue", "category": "categories"}[name]
    return "papers.id IN (SELECT rowid FROM lexicon WHERE lexicon MATCH ?)", (f'{column} : "{_words(value)}"',)


def _words(value: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", fold(value)))
