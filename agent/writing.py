"""Writes a text to a file that the user named, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from agent.errors import UsageError


def write_whole(target: Path, text: str) -> None:
    """`text`, ended by a line end, to `target`; a `UsageError` where it cannot be, and what stood there stays."""
    if target.is_dir():
        raise UsageError(f"{target} cannot be written: it is a folder", "name a file")
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text if text.endswith("\n") else text + "\n")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{target} cannot be written: {error.strerror}", "name another file") from error
