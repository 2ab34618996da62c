"""Opens the library that the settings name, as every front end does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.errors import UsageError
from agent.settings import Settings
from store.embedding import BUILT_IN

if TYPE_CHECKING:
    from store.library import Library


def library(chosen: Settings, *, offline: bool, notice: Callable[[str], None]) -> Library:
    """The library, not yet read; nothing is created.

    Raises `UsageError` where the settings need a network that `offline` excludes.
    """
    from store.library import Library  # a quarter of the time of --help

    if offline and chosen.text("embedding.model") != BUILT_IN:
        raise UsageError(
            f"--offline excludes the embedding endpoint ({chosen.text('embedding.model')})",
            "leave --offline out, or set embedding.model to builtin and rebuild",
        )
    if offline and chosen.server:
        raise UsageError(
            f"--offline excludes the Chroma server ({chosen.shown('vectors.server')})",
            "leave --offline out, or take vectors.server out of the settings",
        )
    return Library(chosen.library, chosen.embedder, server=chosen.server, notice=notice)
