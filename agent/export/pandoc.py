"""Text and answers as pandoc's Markdown: only what the answer means as markup is markup."""

from __future__ import annotations

import re
from collections.abc import Mapping

from store.text import clean

MARKS = re.compile(r"\[\d+\.\d+\](?:[ ]?\[\d+\.\d+\])*")
"""A run of adjacent citation marks, as `Answer.marked` has them."""
MARK = re.compile(r"\[(\d+)\.(\d+)\]")

_SPECIAL = re.compile(
    r"[\\`*_\[\]<>&@$^~{}#|]"
    r"|-(?=-)|\.(?=\.\.)"
    r"|(?<![^\W_])['\"]|['\"](?![^\W_])"  # not the apostrophe within a word, which loses nothing but its shape
)
_LIST_ITEM = re.compile(r"(\(?(?:\d+|[A-Za-z]|[ivxlcdmIVXLCDM]+))([.)])(?=\s|$)")
_LINE_START = re.compile(r"[-+=:%(]")
_PLAIN_KEY = re.compile(r"\w+(?:[:.+-]\w+)*", re.ASCII)
_BODY = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<code>(?<!`)(`+)(?!`)[^\n]+?(?<!`)\3(?!`))"
    rf"|(?P<marks>{MARKS.pattern})"
    r"|(?P<rule>^[ ]{0,3}-{3,}[ \t]*$)"
    r"|(?P<div>^[ ]{0,3}:::+)"
    r"|(?P<heading>^#{1,5}(?=[ ]))"
    r"|(?P<special>[\\`\[<@$^~{])",
    re.MULTILINE,
)


def inline(text: str) -> str:
    """`text` as pandoc Markdown that renders as `text` within a line."""
    return _SPECIAL.sub(r"\\\g<0>", clean(text))


def escaped(text: str) -> str:
    """`text` as pandoc Markdown that renders as `text`, as a line of its own."""
    within = inline(text)
    if item := _LIST_ITEM.match(within):
        return f"{item[1]}\\{within[item.start(2) :]}" if item[1][0] != "(" else f"\\{within}"
    return f"\\{within}" if _LINE_START.match(within) else within


def metadata(text: str) -> str:
    """`text` for a field of the front matter, which pandoc reads as Markdown; quotation marks stay straight."""
    return re.sub(r"(?<!\\)['\"]", r"\\\g<0>", escaped(text))


def cite(keys: Mapping[str, None]) -> str:
    """One citation of all `keys`: `[@lin2025goedel; @jin2024]`."""
    return f"[{'; '.join(_reference(key) for key in keys)}]"


def body(marked: str, keys: Mapping[int, str]) -> str:
    """An answer's Markdown, its marks as citations of `keys`; a mark without a key stays text.

    Emphasis, lists, quotations and code of one line stay as they are, and headings go one
    level down, below the question. What only pandoc knows as markup, links and HTML become
    plain text.
    """

    def write(found: re.Match[str]) -> str:
        text = found.group()
        if found["escape"] or found["code"]:
            return text
        if found["marks"]:
            return _citations(text, keys)
        if found["heading"]:
            return f"#{text}"
        return "* * *" if found["rule"] else f"\\{text}"

    return _BODY.sub(write, marked)


def _citations(run: str, keys: Mapping[int, str]) -> str:
    numbers = [int(number) for number, _ in MARK.findall(run)]
    known = dict.fromkeys(keys[number] for number in numbers if number in keys)
    lost = "".join(f"\\[{number}.{sentence}\\]" for number, sentence in MARK.findall(run) if int(number) not in keys)
    return (cite(known) if known else "") + lost


def _reference(key: str) -> str:
    return f"@{key}" if _PLAIN_KEY.fullmatch(key) else f"@{{{key}}}"
