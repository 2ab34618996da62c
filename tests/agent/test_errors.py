"""Every error ends a command with its own exit code, in two lines, and never with a traceback."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

import agent.errors
import store.errors
from agent.cli import diagnostics
from agent.errors import (
    Abstained,
    BudgetExceeded,
    CheckFailed,
    CiteloomError,
    ContextTooLong,
    EvalError,
    ExitCode,
    ModelTimeout,
    ModelUnavailable,
    SessionError,
    SettingsError,
    Stopped,
    UsageError,
    exit_code_for,
)
from agent.settings import SETTINGS
from store.errors import (
    EmbedderMismatch,
    EmbeddingFailed,
    EmbeddingTimeout,
    EmptyScope,
    InputError,
    LibraryBusy,
    LibraryError,
    NotWritable,
    ScopeError,
    ServerUnreachable,
)

CODES: dict[type[CiteloomError] | type[LibraryError], int] = {
    CiteloomError: 2,
    SettingsError: 2,
    UsageError: 2,
    Abstained: 6,
    BudgetExceeded: 4,
    CheckFailed: 5,
    ContextTooLong: 3,
    ModelTimeout: 4,
    ModelUnavailable: 3,
    EvalError: 5,
    SessionError: 5,
    Stopped: 130,
    LibraryError: 5,
    InputError: 5,
    LibraryBusy: 5,
    EmptyScope: 5,
    ScopeError: 2,
    EmbedderMismatch: 2,
    NotWritable: 5,
    EmbeddingTimeout: 4,
    EmbeddingFailed: 3,
    ServerUnreachable: 3,
}


def errors_of(module: ModuleType) -> set[type[BaseException]]:
    return {
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Exception) and item.__module__ == module.__name__
    }


def descendants(kind: type[BaseException]) -> set[type[BaseException]]:
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


def test_no_error_class_is_without_a_code_of_its_own() -> None:
    walked = errors_of(store.errors) | errors_of(agent.errors)
    ours = (CiteloomError, LibraryError)
    derived = {kind for root in ours for kind in descendants(root) if not kind.__module__.startswith("tests.")}

    assert walked | derived == set(CODES)


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=lambda item: getattr(item, "__name__", str(item)))
def test_an_error_has_the_exit_code_of_the_contract(kind: type[CiteloomError] | type[LibraryError], code: int) -> None:
    assert exit_code_for(kind("what happened", "what to do")) == code


@pytest.mark.parametrize("kind", [kind for kind in CODES if kind is not BudgetExceeded], ids=lambda kind: kind.__name__)
def test_an_error_is_said_in_two_lines_on_stderr(
    kind: type[CiteloomError] | type[LibraryError], capsys: pytest.CaptureFixture[str]
) -> None:
    diagnostics.report_error(kind("what\nhappened", "what\nto do"))

    said = capsys.readouterr()
    assert said.err == "citeloom: error: what happened\nhint: what to do\n"
    assert said.out == ""


@pytest.mark.parametrize("limit", ["calls", "tokens", "seconds", "cost_usd"])
def test_a_limit_that_is_reached_names_the_setting_that_raises_it(limit: str) -> None:
    error = BudgetExceeded(limit, "the limit is reached")

    assert (error.limit, error.message) == (limit, "the limit is reached")
    assert f"raise limits.{limit} in the settings" in error.hint
    assert f"limits.{limit}" in {setting.name for setting in SETTINGS}


def test_the_exit_codes_are_those_of_the_contract() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "UNEXPECTED": 1,
        "USAGE": 2,
        "PROVIDER": 3,
        "TIMEOUT": 4,
        "LIBRARY": 5,
        "ABSTAINED": 6,
        "INTERRUPTED": 130,
    }


def test_an_interruption_ends_with_130() -> None:
    assert exit_code_for(KeyboardInterrupt()) == 130


def test_what_nobody_foresaw_ends_with_1() -> None:
    assert exit_code_for(ZeroDivisionError("division by zero")) == 1


def test_the_traceback_of_an_unforeseen_error_is_in_the_log_that_the_hint_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ZeroDivisionError("division by zero")
    except ZeroDivisionError as error:
        code = diagnostics.report_error(error)

    log = tmp_path / "home" / "log" / "errors.log"
    said = capsys.readouterr().err
    assert code == 1
    assert len(said.splitlines()) == 2
    assert "Traceback" not in said
    assert str(log) in said
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_no_terminal_escape_of_an_error_reaches_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    diagnostics.report_error(InputError("\x1b[2Jgone\x07", "\x1b]0;title\x07again\x9b1m"))
    diagnostics.notice("\x1b[31mred\x1b[0m")

    assert capsys.readouterr().err == "citeloom: error: gone\nhint: again\nciteloom: red\n"
