"""What is done to text: cleaned once for storing, folded again and again for searching.

Stored text is quoted byte for byte, so cleaning removes only what could harm a terminal
or is invisible; folding may be as rough as search likes, since nobody ever sees it.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links, clipboard
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC strings
    r"|\x1b."
    r"|\x9b[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
_CONTROL = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_BLANKS = re.compile(r"\s+")

_LATEX_SPECIAL_LETTERS = {"\\ss": "ss", "\\ae": "ae", "\\oe": "oe", "\\o": "o", "\\l": "l", "\\aa": "a", "\\i": "i"}
_LATEX_LETTER = re.compile(r"\\(?:ss|ae|oe|aa|o|l|i)(?![A-Za-z])")
_LATEX_ACCENT = re.compile(r"\\(?:['`^\"~=.]|[uvHcdbrk](?=[\s{]))\s*\{?([A-Za-z])\}?")
_LATEX_STYLE = re.compile(
    r"\\(?:text\w*|emph|math\w*|verb|url|href|small|large|it|bf|em|tt|rm|sc|left|right)(?![A-Za-z])"
)
_LATEX_ESCAPED = re.compile(r"\\([%&$#_{}])")
_LATEX_MARKS = re.compile(r"[\\${}~]")
_BRITISH = re.compile(r"(?<=[a-z]{2})(al|im|er|ar|or|en|il|gn|et|es|id|ur)is(ations?|e[drs]?|ing|ers)\b")
_BRITISH_NOUN = re.compile(r"(?<=[a-z]{3})isation(s?)\b")
_WORD = re.compile(r"[^\W_]+")
_STEMMERS = threading.local()

STOPWORDS = frozenset(
    """a about above after again all also although am among an and any are as at be because been before being
    below between both but by can could did do does doing done down during each either else few for from further
    had has have having he her here hers him his how however i if in into is it its itself just let me might more
    most much must my neither no nor not of off on once one only onto or other others our ours out over own per
    please rather same shall she should since so some such than that the their theirs them then there these they
    this those through thus to too toward towards under until up upon us very via was we well were what when where
    whether which while who whom whose why will with within without would yet you your tell give know known find
    show list describe explain according paper papers study studies author authors article say says said""".split()
)


def clean(text: str) -> str:
    """`text` fit to store and show: no control characters or escapes, blanks collapsed."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    harmless = _CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", text))
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", harmless)).strip()


def printable(text: str) -> str:
    """`text` with its line ends and nothing else that a terminal would obey."""
    lines = (_CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", line)) for line in text.split("\n"))
    return re.sub(r"[\r\x0b\x0c\x85]", " ", "\n".join(lines))


def fold(text: str) -> str:
    """`text` as the index sees it: LaTeX and accents dropped, lower case, one spelling."""
    if "\\" in text or "$" in text or "{" in text:
        text = _LATEX_LETTER.sub(lambda m: _LATEX_SPECIAL_LETTERS[m.group()], text)
        text = _LATEX_ACCENT.sub(r"\1", text)
        text = _LATEX_ESCAPED.sub(r"\1", text)
        text = _LATEX_STYLE.sub(" ", text)
        text = _LATEX_MARKS.sub(" ", text)
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
    text = _BRITISH.sub(r"\1iz\2", text.lower())
    return _BRITISH_NOUN.sub(r"ization\1", text)


def words(text: str) -> list[str]:
    """The folded words of `text`, in order, stop words among them."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Porter's stem of a folded word: the form under which FTS5's `porter` stores it."""
    stemmed = str(_porter().stemWord(word)) if len(word) > 2 else word
    # FTS5 has Porter's later rules for -logy and -bly.
    return stemmed[:-1] if stemmed.endswith(("logi", "bli")) else stemmed


def _porter() -> Any:
    """The stemmer of this thread: one keeps the word that it works on in itself."""
    if not hasattr(_STEMMERS, "porter"):
        import snowballstemmer  # all of its languages come with it; `--help` needs none

        _STEMMERS.porter = snowballstemmer.stemmer("porter")
    return _STEMMERS.porter


def content_words(text: str) -> list[str]:
    """The folded words of `text` that carry meaning, each once, in order.

    A text of nothing but stop words keeps them, so that a query never becomes empty.
    """
    found = list(dict.fromkeys(words(text)))
    return [word for word in found if word not in STOPWORDS] or found


def terms(text: str) -> list[str]:
    """The stems of the content words of `text`, each once, in order."""
    return list(dict.fromkeys(stem(word) for word in content_words(text)))


def title_key(title: str | None) -> str:
    """What two spellings of one title have in common; empty where there is no title."""
    return " ".join(words(title)) if title else ""


def abstract_key(abstract: str) -> str:
    """What two copies of one abstract have in common."""
    return " ".join(words(abstract))


def word_overlap(left: str, right: str) -> float:
    """Jaccard similarity of the two texts' word sets, from 0 to 1."""
    one, two = set(words(left)), set(words(right))
    return len(one & two) / len(one | two) if one or two else 0.0
