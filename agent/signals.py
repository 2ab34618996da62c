"""What can be read off a search about its hits and their sentences: plain numbers, no judgement.

Words of the question weighted by rarity, similarity, gaps between candidates, agreement of
the two rankings, and the kind of question.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agent.alignment import Alignment
from store import lexical, sentences
from store.embedding import Vector
from store.lexical import QueryWord
from store.paper import Hit, Sentence
from store.search import SearchResult
from store.text import STOPWORDS, terms

CANDIDATES = 8
"""How many hits are read for an answer."""
MOST_SENTENCES = 40
"""How many sentences of one abstract are read; hardly any has more."""
_COMPARISON = re.compile(
    r"\b(?:compar\w+|differ\w*|versus|vs|contrast\w*|against|between|both|each|respectively)\b"
    r"|\b(?:better than|rather than|or)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\bhow (?:many|much|large|big|long|fast|far|often|well|high|low)\b"
    r"|\b(?:percent|percentage|fraction|share|score|accuracy|rate|number|size|latency|cost)\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_][\w+&^'-]*[^\W_+]|[^\W_]")
_SHORT_NAME_WORDS = 4
_DIGIT = re.compile(r"\d")
_ASKS = re.compile(
    r"[?？]|^\s*(?:how|what|which|why|who|whose|whom|where|when|do|does|did|is|are|was|were|can|could|has|have|will"
    r"|should|compare|contrast|explain|describe|list|name|give|tell)\b",
    re.IGNORECASE,
)
_WAY_ASKED = re.compile(
    r"\bhow (?:do|does|did|is|are|can|could|has|have|was|were|to)\b"
    r"|\b(?:methods?|approach\w*|techniques?|ways?|strateg\w*|mechanism\w*|made)\b",
    re.IGNORECASE,
)
_OWN_WORK = re.compile(r"\b(?:we|our|this paper|this work|this study)\b", re.IGNORECASE)
_MAKES = re.compile(
    r"\b(?:we|paper|work|study)\b[^.]{0,40}\b(?:propos|introduc|present|develop|design|construct|buil[dt]|formulat|devis"
    r"|releas|describ)\w*",
    re.IGNORECASE,
)
_FINDS = re.compile(
    r"\b(?:we|results?|analys[ie]s|experiments?|findings?|study|evidence|evaluations?)\b[^.]{0,60}"
    r"\b(?:find|found|show\w*|reveal\w*|observ\w*|demonstrat\w*|suggest\w*|indicat\w*|confirm\w*|prove|conclude)\b",
    re.IGNORECASE,
)
_WAY = re.compile(
    r"\b(?:by \w+ing|us(?:ing|es?)|via|through|consist\w*|compris\w*|based on|leverag\w*|employ\w*|combin\w*"
    r"|instead of|rather than)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"\d\s*\\?%|\d\.\d|\dx\b|\btimes\b")
_ADDRESS = re.compile(r"https?:|github", re.IGNORECASE)
_SHORT_QUERY_WORDS = 4
_RANK_OF_UNRANKED = 200
_LONG_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of a candidate: its similarity to the question, the share of the question it holds, its rating."""

    sentence: Sentence
    similarity: float
    coverage: float
    probability: float
    """That it is the sentence which carries the answer, given that its paper has one."""


def sentences_to_read(hit: Hit, words: Sequence[QueryWord]) -> tuple[Sentence, ...]:
    """The sentences of a hit's abstract; of a very long one those that hold most of the question, in order."""
    cut = sentences.split(hit.paper.abstract)
    if len(cut) <= MOST_SENTENCES:
        return cut
    asked = list(words)
    held = {sentence.index: lexical.coverage(asked, set(terms(sentence.text))) for sentence in cut}
    best = sorted(cut, key=lambda sentence: (-held[sentence.index], sentence.index))[:MOST_SENTENCES]
    return tuple(sorted(best, key=lambda sentence: sentence.index))


def sentence_signals(result: SearchResult, similarities: Vector) -> list[list[dict[str, float]]]:
    """The signals of every sentence of the first hits, a list a hit."""
    asked = _asked(result.query)
    position = 0
    found = []
    for hit in result.hits[:CANDIDATES]:
        cut = sentences_to_read(hit, result.words)
        own = [float(value) for value in similarities[position : position + len(cut)]]
        position += len(cut)
        found.append(_signals_of(cut, own, result.words, hit.paper.title or "", asked))
    return found


class _Asked(NamedTuple):
    """What a question asks for; of these, any or none."""

    quantity: bool
    way: bool
    topic: bool
    """It asks nothing and only names what it is about."""


def _asked(question: str) -> _Asked:
    return _Asked(bool(_QUANTITY.search(question)), bool(_WAY_ASKED.search(question)), not _ASKS.search(question))


def _signals_of(
    cut: Sequence[Sentence], similarities: Sequence[float], words: Sequence[QueryWord], title: str, asked: _Asked
) -> list[dict[str, float]]:
    """The signals of the sentences of one abstract."""
    titled = set(terms(title))
    untitled = [word for word in words if word.stem not in titled]
    stems = [set(terms(sentence.text)) for sentence in cut]
    covered = [lexical.coverage(list(words), held) for held in stems]
    beyond = [lexical.coverage(untitled, held) for held in stems]
    first_own = _first(_OWN_WORK, cut)
    first_made = _first(_MAKES, cut)
    others = max(len(cut) - 1, 1)
    found = []
    for at, sentence in enumerate(cut):
        text = sentence.text
        has_number = float(bool(_DIGIT.search(text)))
        found.append(
            {
                "similarity": similarities[at],
                "coverage": covered[at],
                "similarity_gap": max(similarities) - similarities[at],
                "coverage_gap": max(covered) - covered[at],
                "better_covering": sum(other > covered[at] for other in covered) / others,
                "beyond_title": beyond[at],
                "beyond_title_gap": max(beyond) - beyond[at],
                "is_first": float(at == 0),
                "is_last": float(at == len(cut) - 1),
                "before_own_work": float(at < first_own),
                "first_made": float(at == first_made),
                "after_first_made": float(at == first_made + 1),
                "finds": float(bool(_FINDS.search(text))),
                "has_number": has_number,
                "has_amount": float(bool(_AMOUNT.search(text))),
                "gives_quantity": has_number * asked.quantity,
                "way_made": float(asked.way and bool(_MAKES.search(text))),
                "way_told": float(asked.way and bool(_WAY.search(text))),
                "topic_first_own": float(asked.topic and at == first_own),
                "topic_first_made": float(asked.topic and at == first_made),
                "address": float(bool(_ADDRESS.search(text))),
                "length": min(len(text), _LONG_SENTENCE) / _LONG_SENTENCE,
            }
        )
    return found


def _first(pattern: re.Pattern[str], cut: Sequence[Sentence]) -> int:
    """The place of the first sentence in which `pattern` is found; past the last where it is in none."""
    return next((at for at, sentence in enumerate(cut) if pattern.search(sentence.text)), len(cut))


def paper_signals(
    result: SearchResult, read_sentences: Sequence[Sequence[ReadSentence]], alignments: Sequence[Alignment]
) -> list[dict[str, float]]:
    """The signals of the first hits as wholes; of `alignments` there is one a hit."""
    hits = result.hits[:CANDIDATES]
    words = list(result.words)
    nearest = max((hit.similarity for hit in hits), default=0.0)
    best_aligned = max((aligned.mean for aligned in alignments), default=0.0)
    texts = [f"{hit.paper.title or ''} {hit.paper.abstract}" for hit in hits]
    names = _names(result.query)
    subjects = [name for hit in hits if (name := _name_in_title(hit.paper.title)) and _contains(result.query, name)]
    compares = float(bool(_COMPARISON.search(result.query)))
    is_short = float(len(words) <= _SHORT_QUERY_WORDS)
    asks_quantity = bool(_QUANTITY.search(result.query))
    found = []
    for hit, text, rated, aligned in zip(hits, texts, read_sentences, alignments, strict=True):
        stems = set(terms(text))
        similar = sorted((item.similarity for item in rated), reverse=True)
        depth = math.log(hit.rank)
        missing_number = asks_quantity and not _DIGIT.search(rated[0].sentence.text)
        found.append(
            {
                "similarity": hit.similarity,
                "coverage": lexical.coverage(words, stems),
                "alignment": aligned.mean,
                "alignment_gap": best_aligned - aligned.mean,
                "least_aligned": aligned.least,
                "best_sentence": similar[0],
                "best_two_sentences": sum(similar[:2]) / len(similar[:2]),
                "score_gap": hits[0].score - hit.score,
                "similarity_gap": nearest - hit.similarity,
                "dense_closeness": 1 / (hit.dense_rank or _RANK_OF_UNRANKED),
                "lexical_closeness": 1 / (hit.lexical_rank or _RANK_OF_UNRANKED),
                "depth": depth,
                "comparison": compares,
                "comparison_depth": compares * depth,
                "short": is_short,
                "short_depth": is_short * depth,
                "missing_number": float(missing_number),
                "rarest_missing": _rarest_missing(words, stems),
                "lacks_subject": float(bool(subjects) and not any(_contains(text, name) for name in subjects)),
                "missing_names": sum(not _contains(text, name) for name in names) / max(len(names), 1),
                "matched_rarity": sum(item.idf for item in words),
            }
        )
    for signals in found:
        signals["matched_rarity"] *= signals["coverage"]
    return found


def _rarest_missing(words: Sequence[QueryWord], stems: set[str]) -> float:
    """The idf of the rarest word that a paper lacks, as a share of the question's rarest."""
    rarest = max((word.idf for word in words), default=1.0)
    return max((word.idf for word in words if word.stem not in stems), default=0.0) / rarest


def _names(question: str) -> list[str]:
    """The words of a question that look like names: a digit, or a capital elsewhere than in its first letter."""
    return [
        token.group()
        for token in _TOKEN.finditer(question)
        if token.group().lower() not in STOPWORDS
        and any(char.isdigit() or (char.isupper() and at + token.start() > 0) for at, char in enumerate(token.group()))
    ]


def _name_in_title(title: str | None) -> str:
    """The short name that stands before the colon of a title, or nothing."""
    name, colon, _ = (title or "").partition(":")
    return name.strip() if colon and len(name.split()) <= _SHORT_NAME_WORDS else ""


def _contains(text: str, name: str) -> bool:
    """Whether `name` stands in `text` as a whole: `Prover` is not in `Prover-V2`, nor `Safe` in `is it safe`."""
    is_plain_word = name.isalpha() and (name.istitle() or name.isupper())
    flags = 0 if is_plain_word else re.IGNORECASE
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, flags) is not None
