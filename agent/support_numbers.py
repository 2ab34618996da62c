"""The numbers of a text with their units, and whether one text's number stands in another.

A number that is part of a name (`GPT-4`, `miniF2F`, `V1.5`) is no number; support_signals.py
looks after names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

Hedge = Literal["", "about", "over", "under"]
Unit = Literal["", "%", "points", "x", "time", "bytes"]

ROUNDING_AT_MOST = 0.05
"""The share by which rounding, or a word like `about`, may change a number."""
BOUND_AT_MOST = 1.2
"""How far a bound (`more than 50`) may lie from the number that it stands for."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT_RUN = re.compile(r"(?<=[\w)])[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[‐‑‒–—−]", "-"),
        (r"[“”]|``|''", '"'),
        (r"[‘’]", "'"),
        (r"(?<=\d)(?:\{,\}|\\,|\\;)(?=\d{3})", ","),
        (r"\\times(?![a-z])", "×"),
        (r"\\(?:sim|approx)(?:eq)?(?![a-z])", "~"),
        (r"\\(?:geq?|gt)(?![a-z])", ">"),
        (r"\\(?:leq?|lt)(?![a-z])", "<"),
        (r"\\([%$&#])", r"\1"),
        (r"\\[a-zA-Z]+(?![a-zA-Z])", " "),
        (r"(?<=[A-Za-z])_\{?(\d+)\}?", r"\1"),
        (r"\*+|`+|(?<!\w)_+|_+(?!\w)|[${}]|\\[,;!]", ""),
        (r"(?i)(?:percentage|%|per\s?cent)[\s-]points?\b|%p\b|\bp\.?p\.(?!\w)|(?<=\d)\s?pp\b", "points"),
        (r"(?i)\s*\bper\s?cents?\b|(?<=\d)\s?pct\b|(?<=\d)\s+%", "%"),
        (r"%-?\s?absolute\b", " points"),
        (r"(?<=\d)points", " points"),
        (r"\s{2,}", " "),
    )
)

TOKEN = re.compile(r"[^\W_](?:[\w@^'-]|\.(?=\d)|,(?=\d{3}(?!\d)))*(?:\+{1,2}(?![\w+]))?")
"""A word, a name or a number with what hangs on it: `Pass@32`, `1,000`, `Prover-V1.5`, `C++`."""
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SUFFIX = r"(?:k|K|M|B|T|bn|x|X|s|ms|h|min|st|nd|rd|th|GB|MB|KB|TB|[a-z]{2,3}|e[+-]?\d+|\^-?\d+)?"
_NUMERIC = re.compile(rf"(?:[a-z]+-)*{_DIGITS}{_SUFFIX}\+?(?:-{_DIGITS}{_SUFFIX}\+?)*(?:-[A-Za-z]?[a-z-]*)?(?:'s)?")
_WITHIN_NAME = re.compile(rf"(?:(?<=-){_DIGITS}(?=[BM](?![\w]))|(?<=@)\d+)")
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "t": 1e12}
_SCALES |= {"trillion": 1e12, "hundred": 100.0}
_FACTORS: dict[str, tuple[Unit, float]] = {
    "ms": ("time", 1e-3), "millisecond": ("time", 1e-3), "s": ("time", 1.0), "sec": ("time", 1.0),
    "second": ("time", 1.0), "min": ("time", 60.0), "minute": ("time", 60.0), "h": ("time", 3600.0),
    "hour": ("time", 3600.0), "day": ("time", 86400.0), "week": ("time", 604800.0), "month": ("time", 2629800.0),
    "year": ("time", 31557600.0), "KB": ("bytes", 1e3), "MB": ("bytes", 1e6), "GB": ("bytes", 1e9),
    "TB": ("bytes", 1e12), "%": ("%", 1.0), "point": ("points", 1.0), "x": ("x", 1.0), "X": ("x", 1.0),
    "×": ("x", 1.0), "fold": ("x", 1.0), "times": ("x", 1.0),
}  # fmt: skip
_AMOUNT = re.compile(
    rf"(?P<digits>{_DIGITS})"
    r"(?:\s?[x×]\s?10\^(?P<ten>-?\d+)|e(?P<e>[+-]?\d+)(?!\w)|\^(?P<power>-?\d+))?"
    r"(?:\+?[\s-]?(?P<word>hundred|thousand|million|billion|trillion)\b|(?P<letter>[kKMBT]|bn)(?!\w))?"
    r"(?P<more>\+|\s+or\s+more\b)?(?P<tail>[\s-]?(?:(?P<unit>ms|millisecond|sec|second|s|minute|min|hour|h|day|week|"
    r"month|year|point|fold|times|[xX×]|KB|MB|GB|TB)s?(?![\w^])|(?P<percent>%)))?"
)
_UNITS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: value for value, word in enumerate(f"{_UNITS} eighteen nineteen".split(), 2)}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)} | {"dozen": 12}
_SPOKEN = re.compile(
    rf"\b(?P<first>{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?:-(?P<second>{'|'.join(_UNITS.split()[:8])}))?"
    r"(?:[\s-](?P<word>hundred|thousand|million|billion|trillion))?"
    r"(?P<tail>[\s-]?(?:(?P<unit>second|minute|hour|day|week|month|year|point|fold|times)s?\b|(?P<percent>%)))?"
    r"(?=\W|$)",
    re.IGNORECASE,
)
_MULTIPLES = re.compile(r"\b(?:(twice|doubl(?:es|ed|ing))|(thrice|tripl(?:es|ed|ing)))\b", re.IGNORECASE)
_IMPLIED: tuple[tuple[re.Pattern[str], float, frozenset[Unit]], ...] = (
    (re.compile(r"\bzero\b", re.IGNORECASE), 0, frozenset({""})),
    (re.compile(r"\b(?:one|first|single)\b", re.IGNORECASE), 1, frozenset({""})),
    (re.compile(r"\b(?:both|pair|second)\b", re.IGNORECASE), 2, frozenset({""})),
    (re.compile(r"\bthird\b", re.IGNORECASE), 3, frozenset({""})),
    (re.compile(r"\bdouble\b", re.IGNORECASE), 2, frozenset({"", "x"})),
    (re.compile(r"\btriple\b", re.IGNORECASE), 3, frozenset({"", "x"})),
    (re.compile(r"\b(?:half|halv(?:es|ed|ing))\b", re.IGNORECASE), 50, frozenset({"%"})),
)
"""What a cited sentence says in words that a claim may put in digits."""
_LINK = re.compile(r"\s?(?:-|/|,|,?\s?(?:to|and|or|vs\.?|versus))\s?")
_LIST_MARK = re.compile(r"\(\d{1,2}\)|^\s*\d{1,2}[.)]\s|(?<=[\s,;:])\d{1,2}\)\s")
_HEDGE_WORDS: tuple[tuple[Hedge, str], ...] = (
    (
        "under",
        r"\b(?:no|not) more than|\b(?:under|less than|below|at most|fewer than|lower than|up to|within)|<=?|≤",
    ),
    ("over", r"\b(?:no|not) (?:less|fewer) than|\b(?:over|more than|above|at least|exceed\w*|surpass\w*)|>=?|≥"),
    ("over", r"\b(?:greater than|higher than|beyond|upwards of)"),
    ("about", r"\b(?:about|around|nearly|roughly|approximately|approx\.|almost|close to|circa|some|estimated)|~|≈"),
)
_HEDGES = tuple(
    (hedge, re.compile(rf"(?:{words})\s*(?:(?:the|an?|by|of)\s+)?$", re.IGNORECASE)) for hedge, words in _HEDGE_WORDS
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written: its value, the step of its last digit (1 for 57, 0.1 for 57.6), and what it may count."""

    text: str
    value: float
    step: float
    units: frozenset[Unit]
    factor: float
    """Of seconds or bytes in one of the unit; 1 for other units."""
    hedge: Hedge
    start: int
    end: int


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """`text` without Markdown and LaTeX marks, with one spelling of percent, dashes and quotation marks."""
    text = _SUPERSCRIPT_RUN.sub(lambda run: "^" + run.group().translate(_SUPERSCRIPTS), text)
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return text


def is_number(token: str) -> bool:
    """Whether a token of a plain text with a digit in it is a number rather than a name or a formula."""
    return _NUMERIC.fullmatch(token) is not None


def stated(claim: str) -> list[Quantity]:
    """The numbers of a claim (plain text) that must stand in its sentences; list marks are none."""
    return _linked(claim, _written(_LIST_MARK.sub(lambda mark: " " * len(mark.group()), claim)))


def available(sentence: str) -> list[Quantity]:
    """All numbers that a sentence (plain text) gives, those that it implies by a word or in a name among them."""
    found = _linked(sentence, _written(sentence))
    for match in _WITHIN_NAME.finditer(sentence):
        found.append(_amount(sentence, match.start()))
    for pattern, value, units in _IMPLIED:
        found += [
            Quantity(m.group(), value, 1.0, units, 1.0, "", m.start(), m.end()) for m in pattern.finditer(sentence)
        ]
    return found


def stands_in(wanted: Quantity, given: Sequence[Quantity]) -> bool:
    """Whether one of `given` is `wanted`, or `wanted` says it in fewer digits or as a bound that it keeps."""
    return any(_agrees(wanted, other) for other in given)


def has_value(wanted: Quantity, given: Sequence[Quantity]) -> bool:
    """Whether one of `given` has the value of `wanted` in whatever unit."""
    return any(_same(wanted.value, other.value) for other in given)


def _agrees(wanted: Quantity, given: Quantity) -> bool:
    shared = wanted.units & given.units
    measured = {"time", "bytes"}
    if not shared and not (
        ("" in wanted.units and given.units & measured) or ("" in given.units and wanted.units & measured)
    ):
        return False
    by_unit = bool(shared & measured) and wanted.factor != given.factor
    one, other = (wanted.value, given.value)
    step = wanted.step
    if by_unit:
        one, other, step = one * wanted.factor, other * given.factor, step * wanted.factor
    if _same(one, other):
        return {wanted.hedge, given.hedge} != {"over", "under"}
    if wanted.hedge == "over":
        return one < other <= one * BOUND_AT_MOST
    if wanted.hedge == "under":
        return other < one <= other * BOUND_AT_MOST
    share = abs(one - other) / max(abs(other), 1e-12)
    is_finer = by_unit or given.step < wanted.step
    rounded = is_finer and abs(one - other) <= step / 2 * (1 + 1e-6)
    return share <= ROUNDING_AT_MOST and (rounded or wanted.hedge == "about")


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9)


def _bounded(exponent: float) -> float:
    """An exponent of ten that a float can take."""
    return max(min(exponent, 300.0), -300.0)


def _written(text: str) -> list[Quantity]:
    """The numbers in digits and in words, in order."""
    found: list[Quantity] = []
    for token in TOKEN.finditer(text):
        if not found or token.start() >= found[-1].end:
            found += _in_token(text, token)
    taken = {position for one in found for position in range(one.start, one.end)}
    for match in _SPOKEN.finditer(text):
        if match.start() not in taken:
            found.append(_spoken(text, match))
    for match in _MULTIPLES.finditer(text):
        value = 2.0 if match[1] else 3.0
        found.append(Quantity(match.group(), value, 1.0, frozenset({"x"}), 1.0, "", match.start(), match.end()))
    return sorted(found, key=lambda one: one.start)


def _in_token(text: str, token: re.Match[str]) -> Iterator[Quantity]:
    if "^" in token.group() and not is_number(token.group()):
        for digits in re.compile(r"\d+").finditer(text, token.start(), token.end()):
            yield Quantity(
                token.group(), float(digits.group()), 1.0, frozenset({""}), 1.0, "", digits.start(), digits.end()
            )
    elif is_number(token.group()):
        position = token.start()
        while (digit := re.compile(r"\d").search(text, position, token.end())) is not None:
            amount = _amount(text, digit.start())
            yield amount
            position = amount.end


def _amount(text: str, start: int) -> Quantity:
    """The number in digits that begins at `start`."""
    if start and text[start - 1] == "." and (start == 1 or not text[start - 2].isalnum()):
        fraction = _AMOUNT.match(text, start)
        assert fraction is not None
        digits = fraction["digits"].replace(",", "").partition(".")[0]
        whole = _quantity(text, fraction, float(f"0.{digits}"), 0.1 ** len(digits))
        return replace(whole, text=f".{whole.text}", start=start - 1)
    match = _AMOUNT.match(text, start)
    assert match is not None
    digits_text = match["digits"].replace(",", "")
    value, step = float(digits_text), 10.0 ** -len(digits_text.partition(".")[2])
    if match["power"]:
        value = step = 10.0 ** _bounded(float(match["power"]) * math.log10(max(value, 1e-300)))
    exponent = _bounded(float(match["ten"] or match["e"] or 0))
    scale = _SCALES[(match["word"] or match["letter"]).lower()] if match["word"] or match["letter"] else 1.0
    return _quantity(text, match, value * scale * 10.0**exponent, step * scale * 10.0**exponent)


def _spoken(text: str, match: re.Match[str]) -> Quantity:
    value = _WORDS[match["first"].lower()] + (_WORDS[match["second"].lower()] if match["second"] else 0)
    scale = _SCALES[match["word"].lower()] if match["word"] else 1.0
    return _quantity(text, match, value * scale, scale)


def _quantity(text: str, match: re.Match[str], value: float, step: float) -> Quantity:
    written = match["percent"] or match["unit"] or ""
    is_decade = written == "s" and 1000 <= value <= 2100 and match["tail"] == "s"
    key = written if written in _FACTORS else written.lower()
    unit, factor = _FACTORS[key] if written and not is_decade else ("", 1.0)
    units: frozenset[Unit] = frozenset({unit, ""}) if written == "times" else frozenset({unit})
    before = text[max(match.start() - 40, 0) : match.start()]
    hedge: Hedge = next((name for name, pattern in _HEDGES if pattern.search(before)), "")
    more = match.groupdict().get("more")
    end = match.end()
    return Quantity(match.group().strip(), value, step, units, factor, "over" if more else hedge, match.start(), end)


def _linked(text: str, found: Sequence[Quantity]) -> list[Quantity]:
    """`found` with the unit that a list or a range writes once, at its end: 45 to 57.6%."""
    linked: list[Quantity] = []
    for one in reversed(found):
        after = linked[-1] if linked else None
        if after and one.units == {""} and after.units != {""} and _LINK.fullmatch(text[one.end : after.start]):
            one = replace(one, units=one.units | after.units, factor=after.factor)
        linked.append(one)
    return linked[::-1]
