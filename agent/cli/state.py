"""What the global options said, and how a command gets settings and library from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import typer

from agent import settings
from agent.cli import diagnostics
from agent.errors import UsageError
from agent.settings import Settings
from store.embedding import BUILT_IN
from store.errors import LibraryBusy, NotWritable

if TYPE_CHECKING:
    from store.library import Library


@dataclass(frozen=True, slots=True)
class State:
    """The global options of one run."""

    library: str | None = None
    no_input: bool = False
    offline: bool = False

    def settings(self, flags: Mapping[str, str | None] | None = None) -> Settings:
        """The settings in force, a command's own flags among them."""
        given = {name: value for name, value in (flags or {}).items() if value is not None}
        if self.library is not None:
            given["library"] = self.library
        return settings.load(given)

    def open(self, flags: Mapping[str, str | None] | None = None) -> Library:
        """The library, not yet read; nothing is created."""
        from store.library import Library  # a quarter of the time of --help

        found = self.settings(flags)
        if self.offline and found.text("embedding.model") != BUILT_IN:
            raise UsageError(
                f"--offline excludes the embedding endpoint ({found.text('embedding.model')})",
                "leave --offline out, or set embedding.model to builtin and rebuild",
            )
        if self.offline and found.server:
            raise UsageError(
                f"--offline excludes the Chroma server ({found.shown('vectors.server')})",
                "leave --offline out, or take vectors.server out of the settings",
            )
        return Library(found.library, found.embedder, server=found.server, notice=diagnostics.notice)

    def open_finished(self, flags: Mapping[str, str | None] | None = None) -> Library:
        """The library for reading, what an interrupted `add` left finished if it is little."""
        from store.library import SMALL_REMAINDER

        library = self.open(flags)
        try:
            with diagnostics.progress() as progress:
                library.finish(progress=progress, at_most=SMALL_REMAINDER)
        except (LibraryBusy, NotWritable) as error:
            diagnostics.notice(f"{error.message}; what it has not indexed yet is found by words alone")
        return library


def of(context: typer.Context) -> State:
    """The state of a run."""
    return cast(State, context.obj)
