"""Takes a model's reasoning out of what it says: `<think>...</think>` and its like, also while it streams."""

from __future__ import annotations

import re

_TAG = r"(?:think|thinking|thought|reasoning)"
_OPEN = re.compile(rf"<{_TAG}>", re.IGNORECASE)
_CLOSE = re.compile(rf"</{_TAG}>", re.IGNORECASE)
_LEADING = re.compile(rf"\s*<{_TAG}>.*?(?:</{_TAG}>|\Z)", re.IGNORECASE | re.DOTALL)
_PARTIAL_TAG = re.compile(r"<\/?[a-z]{0,9}$", re.IGNORECASE)


def without_reasoning(text: str) -> str:
    """`text` without the reasoning that it begins with; one that was never closed is all there is.

    Some servers leave the opening tag out: what stands before a lone closing tag is
    reasoning, too. Elsewhere a tag is something that the text speaks of.
    """
    at = 0
    while leading := _LEADING.match(text, at):
        at = leading.end()
    closing = _CLOSE.search(text, at)
    while closing and not _OPEN.search(text, at, closing.start()):
        at = closing.end()
        closing = _CLOSE.search(text, at)
    return text[at:].lstrip()


def sayable(text: str) -> str:
    """As much of a text that is still coming as is surely no reasoning and no half of a tag."""
    return _PARTIAL_TAG.sub("", without_reasoning(text))
