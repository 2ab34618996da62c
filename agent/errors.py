"""Errors of the agent, and the one table that maps every error to an exit code.

CiteloomError           what happened, and a hint for the user
├── SettingsError       a setting that is unknown, malformed or forbidden where it stands
├── UsageError          a command that cannot be meant
└── Abstained           no answer, where the caller asked to be told by the exit code
LibraryError            of the store, with its own subclasses (store/errors.py)
"""

from __future__ import annotations

from enum import IntEnum

from store.errors import (
    EmbedderMismatch,
    EmbeddingFailed,
    EmbeddingTimeout,
    LibraryError,
    ScopeError,
    ServerUnreachable,
)
from store.search import EmptyScope


class ExitCode(IntEnum):
    """What a command's end means; printed by `citeloom --help`."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    PROVIDER = 3
    TIMEOUT = 4
    LIBRARY = 5
    ABSTAINED = 6
    INTERRUPTED = 130


class CiteloomError(Exception):
    """Something the user can do something about."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingsError(CiteloomError):
    """A setting that cannot be used."""


class UsageError(CiteloomError):
    """A command that cannot be carried out as it was given."""


class Abstained(CiteloomError):
    """The library does not answer, and `--strict` asked for that to be a failure."""


_EXIT_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (EmptyScope, ExitCode.LIBRARY),
    (ScopeError, ExitCode.USAGE),
    (EmbedderMismatch, ExitCode.USAGE),
    (EmbeddingTimeout, ExitCode.TIMEOUT),
    (EmbeddingFailed, ExitCode.PROVIDER),
    (ServerUnreachable, ExitCode.PROVIDER),
    (LibraryError, ExitCode.LIBRARY),
    (Abstained, ExitCode.ABSTAINED),
    (CiteloomError, ExitCode.USAGE),
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
)


def exit_code_for(error: BaseException) -> ExitCode:
    """The code with which the command ends, having failed with `error`."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), ExitCode.UNEXPECTED)
