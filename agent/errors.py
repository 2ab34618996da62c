"""Errors of the agent, and the one table that maps every error to an exit code.

CiteloomError           what happened, and a hint for the user
├── SettingsError       a setting that is unknown, malformed or forbidden where it stands
├── UsageError          a command that cannot be meant
├── Abstained           no answer, where the caller asked to be told by the exit code
├── BudgetExceeded      a limit of calls, tokens, seconds or money is reached
├── Stopped             by the user, before there was any text
├── CheckFailed         something that was cited does not stand any more
├── SessionError        a session that cannot be found, read or written
├── EvalError           a gold set or a run of evals that cannot be used
└── ModelUnavailable    there is a model, but no answer from it: no key, no network, a provider's error
    ├── ContextTooLong  the prompt is longer than the model takes
    └── ModelTimeout    the endpoint is silent for too long
LibraryError            of the store, with its own subclasses (store/errors.py)
"""

from __future__ import annotations

from enum import IntEnum

from store.errors import (
    EmbedderMismatch,
    EmbeddingFailed,
    EmbeddingTimeout,
    EmptyScope,
    LibraryError,
    ScopeError,
    ServerUnreachable,
)


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


class BudgetExceeded(CiteloomError):
    """A limit of an answer is reached; `limit` names it as in `Limits`."""

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message, f"raise limits.{limit} in the settings, or ask a narrower question")
        self.limit = limit


class Stopped(CiteloomError):
    """The user stopped an answer before there was any of it."""


class CheckFailed(CiteloomError):
    """Something that was cited does not stand any more."""


class SessionError(CiteloomError):
    """A session that cannot be found, read or written."""


class EvalError(CiteloomError):
    """A gold set or a run of evals that cannot be found, read or used together with another."""


class ModelUnavailable(CiteloomError):
    """A model from which no answer can be had; `kind` says why in one word, `tries` how often it was asked."""

    def __init__(self, message: str, hint: str = "", *, kind: str = "unavailable") -> None:
        super().__init__(message, hint)
        self.kind = kind
        self.tries = 0


class ContextTooLong(ModelUnavailable):
    """The prompt is longer than the model takes."""


class ModelTimeout(ModelUnavailable):
    """The endpoint was silent for too long."""


_EXIT_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (EmptyScope, ExitCode.LIBRARY),
    (ScopeError, ExitCode.USAGE),
    (EmbedderMismatch, ExitCode.USAGE),
    (EmbeddingTimeout, ExitCode.TIMEOUT),
    (EmbeddingFailed, ExitCode.PROVIDER),
    (ServerUnreachable, ExitCode.PROVIDER),
    (LibraryError, ExitCode.LIBRARY),
    (Abstained, ExitCode.ABSTAINED),
    (Stopped, ExitCode.INTERRUPTED),
    (BudgetExceeded, ExitCode.TIMEOUT),
    (ModelTimeout, ExitCode.TIMEOUT),
    (ModelUnavailable, ExitCode.PROVIDER),
    (SessionError, ExitCode.LIBRARY),
    (CheckFailed, ExitCode.LIBRARY),
    (EvalError, ExitCode.LIBRARY),
    (CiteloomError, ExitCode.USAGE),
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
)


def exit_code_for(error: BaseException) -> ExitCode:
    """The code with which the command ends, having failed with `error`."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), ExitCode.UNEXPECTED)
