"""How many tokens a text has: tiktoken's count, with no network.

The encoding is exact for the models that use it; for any other it is an estimate, and is
called one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

ENCODING = "o200k_base"
_FILE = "fb374d419588a4632f3f557e76b4b70aebbca790"
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
_PER_MESSAGE = 4
"""Tokens around each message: role and separators (OpenAI's figure for its chat format, rounded up)."""
_PER_REPLY = 3
_PER_TOOL = 12
"""Tokens around a tool's description; an estimate, no provider states it."""


def count(text: str) -> int:
    """The number of tokens of `text`; nothing in it counts as a control token."""
    return len(_encoding().encode(text, disallowed_special=()))


def count_messages(texts: Iterable[str], tools: Iterable[str] = ()) -> int:
    """The tokens of a request: texts of its messages, tools as JSON, and what is put around them."""
    return (
        _PER_REPLY
        + sum(count(text) + _PER_MESSAGE for text in texts)
        + sum(count(description) + _PER_TOOL for description in tools)
    )


def is_exact_for(model: str) -> bool:
    """Whether `count` uses the model's own encoding."""
    import tiktoken

    try:
        return tiktoken.encoding_name_for_model(model) == ENCODING
    except KeyError:
        return False


@cache
def _encoding() -> Encoding:
    """The shipped encoding. tiktoken deletes a file that it finds damaged, so it gets a copy."""
    import tempfile

    import tiktoken

    before = os.environ.get(_CACHE_VARIABLE)
    with tempfile.TemporaryDirectory() as folder, as_file(files("agent.llm") / "tiktoken" / _FILE) as shipped:
        shutil.copy(shipped, Path(folder) / _FILE)
        os.environ[_CACHE_VARIABLE] = folder
        try:
            return tiktoken.get_encoding(ENCODING)
        finally:
            if before is None:
                del os.environ[_CACHE_VARIABLE]
            else:
                os.environ[_CACHE_VARIABLE] = before
