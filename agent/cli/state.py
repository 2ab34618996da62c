"""What the global options said, and how a command gets settings and library from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import typer

from agent import settings
from agent.cli import diagnostics
from agent.settings import Settings
from store.errors import LibraryBusy, NotWritable

if TYPE_CHECKING:
    from agent.cli.faces import Faces
    from store.library import Library


@dataclass(frozen=True, slots=True)
class State:
    """The global options of one run."""

    library: str | None = None
    no_input: bool = False
    offline: bool = False
    faces: Faces | None = None
    """The screens; None where only the command line was started."""

    def settings(self, flags: Mapping[str, str | None] | None = None) -> Settings:
        """The settings in force, a command's own flags among them."""
        given = {name: value for name, value in (flags or {}).items() if value is not None}
        if self.library is not None:
            given["library"] = self.library
        return settings.load(given)

    def open(self, flags: Mapping[str, str | None] | None = None) -> Library:
        """The library, not yet read; nothing is created."""
        from agent import opening

        return opening.library(self.settings(flags), offline=self.offline, notice=diagnostics.notice)

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
