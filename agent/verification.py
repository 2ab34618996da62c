"""Checks what a model wrote: resolves its marks, rates every claim by the sentences it cites, and writes it anew.

What is shown is written here from resolved citations alone: a mark that names nothing is
left out, a claim that fails carries a word that says so, and nothing the model wrote
becomes a link, an image or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from agent import citations, support
from agent.answer import Citation, Claim, Support
from agent.citations import Place, find_marks
from agent.claims import Piece, cut
from agent.evidence import Evidence
from agent.support import Cited, Rating
from store.embedding import Vector
from store.text import printable

Embed = Callable[[list[str]], Vector]
FLAGS: Mapping[Support, str] = {"supported": "", "weak": " *(weak)*", "uncited": " *(uncited)*"}
UNCLEAR = "the cited sentence does not clearly say this"
NO_MARK = "it names no sentence"
NO_SENTENCE = "is no sentence of the evidence"
"""How the problem of a mark ends that resolves to nothing."""
_BEARS = 0.25
"""A citation whose sentence alone gives a claim less than this is none that it rests on."""
_MARKUP = re.compile(r"([\\\[\]<&])")
_LISTED = r"^(\s*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)"
_HEADING = re.compile(_LISTED + r"#{1,6}(?:[ \t]+|$)", re.MULTILINE)
_TABLE = re.compile(r"^([ \t]*)(?=\||:?-+:?[ \t]*\|)", re.MULTILINE)
_LINE_START = re.compile(_LISTED + r"(>+|~{3,}|=+[ \t]*$|-+$)", re.MULTILINE)


class Judged(NamedTuple):
    """A piece of the text, and what became of it."""

    piece: Piece
    claim: Claim | None
    resolved: Mapping[Place, Citation]
    unknown: tuple[Place, ...]


class Verifier:
    """Judges texts against one conversation's evidence; what was judged before is not judged again."""

    def __init__(self, evidence: Evidence, embed: Embed) -> None:
        self._evidence = evidence
        self._embed = embed
        self._known: dict[tuple[str, tuple[Place, ...]], Judged] = {}

    def judge(self, text: str) -> tuple[Judged, ...]:
        """Every piece of `text`, its claims rated."""
        return self.judge_pieces(cut(text))

    def judge_pieces(self, pieces: Sequence[Piece]) -> tuple[Judged, ...]:
        """The same for pieces that were cut already."""
        claims = [piece for piece in pieces if piece.kind == "claim"]
        new = {self._key(piece): piece for piece in claims if self._key(piece) not in self._known}
        if new:
            self._judge_new(list(new.values()))
        return tuple(
            self._known[self._key(piece)]._replace(piece=piece)
            if piece.kind == "claim"
            else Judged(piece, None, {}, ())
            for piece in pieces
        )

    def _places(self, piece: Piece) -> dict[Place, Citation]:
        """What the marks of a piece resolve to, without a rating."""
        return {place: cited for place in piece.places if (cited := self._resolve(piece.words, place))}

    def _key(self, piece: Piece) -> tuple[str, tuple[Place, ...]]:
        return piece.words, piece.places

    def _judge_new(self, pieces: Sequence[Piece]) -> None:
        resolved = [self._places(piece) for piece in pieces]
        found = [(piece, places) for piece, places in zip(pieces, resolved, strict=True) if places]
        rated = iter(self._rate([(piece.words, list(places.values())) for piece, places in found]))
        for piece, places in zip(pieces, resolved, strict=True):
            unknown = tuple(place for place in piece.places if place not in places)
            rating, alone = next(rated) if places else (None, {})
            kept = {place: replace(one, support_score=alone[one]) for place, one in places.items() if one in alone}
            dropped = tuple(place for place in places if place not in kept)
            claim = _claim(piece, tuple(dict.fromkeys(kept.values())), unknown, dropped, rating)
            self._known[self._key(piece)] = Judged(piece, claim, kept, unknown)

    def _rate(self, claims: Sequence[tuple[str, list[Citation]]]) -> list[tuple[Rating, dict[Citation, float]]]:
        """The rating of each claim, and of each of its citations what it gives alone.

        A citation that hardly bears on the claim, which holds without it, is left out.
        """
        together = support.rate_all([(words, list(map(self._cited, cited))) for words, cited in claims], self._embed)
        pairs = [(words, one) for words, cited in claims if len(set(cited)) > 1 for one in dict.fromkeys(cited)]
        apart = support.rate_all([(words, [self._cited(one)]) for words, one in pairs], self._embed)
        alone = {pair: round(rating.score, 4) for pair, rating in zip(pairs, apart, strict=True)}
        found = []
        for (words, cited), rating in zip(claims, together, strict=True):
            scores = {one: alone.get((words, one), round(rating.score, 4)) for one in cited}
            bearing = {one: score for one, score in scores.items() if score >= _BEARS}
            if rating.supported and bearing and len(bearing) < len(scores):
                rest = support.rate(words, list(map(self._cited, bearing)), self._embed)
                rating, scores = (rest, bearing) if rest.supported else (rating, scores)
            found.append((rating, scores))
        return found

    def _resolve(self, words: str, place: Place) -> Citation | None:
        if place.sentence is not None:
            return self._evidence.cite(place.paper, place.sentence, 0.0)
        stored = self._evidence.sentences(place.paper)
        if not stored:
            return None
        vectors = self._embed([words, *(item.text for item in stored)])
        best = int((vectors[1:] @ vectors[0]).argmax())
        return self._evidence.cite(place.paper, stored[best].index, 0.0, chosen_by_code=True)

    def _cited(self, citation: Citation) -> Cited:
        paper = self._evidence.paper(citation.number)
        if paper is None:
            raise KeyError(citation.number)  # a citation is made from evidence alone
        return Cited(citation.quote, paper.title or "", paper.abstract)


def write(text: str, judged: Sequence[Judged]) -> str:
    """`text` as it is shown: Markdown with `[3.8]` marks, and a word after each claim that failed."""
    return "".join(_written(text[item.piece.start : item.piece.end], item) for item in judged)


def write_unrated(raw: str, resolved: Mapping[Place, Citation]) -> str:
    """A stretch of text with its marks resolved, before its claim is whole."""
    parts: list[str] = []
    position = 0
    for mark in find_marks(raw):
        cited = dict.fromkeys(citations.mark(resolved[place]) for place in mark.places if place in resolved)
        before = raw[position : mark.start]
        parts += [_after_mark(before if cited else before.rstrip(" "), is_first=not parts), "".join(cited)]
        position = mark.end
    return "".join([*parts, _after_mark(raw[position:], is_first=not parts)])


def _after_mark(text: str, *, is_first: bool) -> str:
    """Text between marks: what would make a link of the mark before it is escaped."""
    shown = harmless(text)
    return f"\\{shown}" if not is_first and shown.startswith(("(", ":")) else shown


def harmless(text: str) -> str:
    """A model's words as Markdown: emphasis, lists and code stay, and nothing else does."""
    shown = _HEADING.sub(r"\1", _MARKUP.sub(r"\\\1", printable(text)))
    return _TABLE.sub(r"\1\\", _LINE_START.sub(lambda match: f"{match[1]}\\{match[2]}", shown))


def _written(raw: str, item: Judged) -> str:
    shown = write_unrated(raw, item.resolved)
    if item.claim is None:
        return shown
    bare = shown.rstrip()
    return f"{bare}{FLAGS[item.claim.support]}{shown[len(bare) :]}"


def _claim(
    piece: Piece,
    cited: tuple[Citation, ...],
    unknown: tuple[Place, ...],
    dropped: tuple[Place, ...],
    rating: Rating | None,
) -> Claim:
    problems = [f"[{place}] {NO_SENTENCE}" for place in unknown]
    problems += [f"[{place}] does not bear on this, and is left out" for place in dropped]
    if rating is None:
        return Claim(piece.words, "uncited", (), tuple(problems or [NO_MARK]))
    if rating.supported:
        return Claim(piece.words, "supported", cited, tuple(problems))
    return Claim(piece.words, "weak", cited, (*problems, *(rating.problems or (UNCLEAR,))))
