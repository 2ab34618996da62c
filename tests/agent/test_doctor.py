"""The checks of an installation: what is wrong is said, and what is secret is not."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from agent import doctor, faultlog, settings
from agent.errors import SettingsError
from agent.settings import Settings
from store.errors import LibraryError
from store.library import Library

KEY = "zq7Distinctive-f3a9c1"


def checks(library: Library, *, offline: bool = False) -> dict[str, doctor.Check]:
    chosen = settings.load({})
    found = doctor.run(lambda: chosen, offline=offline, open_library=lambda: nullcontext(library))
    return {check.name: check for check in found}


def test_an_installation_without_a_library_is_sound(library: Library) -> None:
    found = checks(library)
    assert list(found) == ["packages", "sqlite", "settings", "model", "embedder", "library"]
    assert all(check.is_fine for check in found.values())
    assert f"none yet at {library.folder}" in found["library"].said


def test_settings_that_cannot_be_used_are_a_line_and_the_other_checks_go_on(library: Library) -> None:
    def refuse() -> Settings:
        raise SettingsError("there is no setting hitz", "did you mean hits?")

    found = doctor.run(refuse, offline=False, open_library=lambda: nullcontext(library))
    assert [check.is_fine for check in found] == [True, True, False, False, False, True]
    assert str(found[2]) == "BAD  settings: there is no setting hitz; did you mean hits?"
    assert str(found[5]).startswith("ok   library: ")


def test_a_library_that_cannot_be_opened_is_a_line() -> None:
    def refuse() -> nullcontext[Library]:
        raise LibraryError("it cannot be entered", "check its permissions")

    found = doctor.run(lambda: settings.load({}), offline=False, open_library=refuse)
    assert str(found[-1]) == "BAD  library: it cannot be entered; check its permissions"


def test_where_questions_are_sent_is_said_and_offline_excludes_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELOOM_MODEL", "large")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://me:{KEY}@models.example/v1")
    assert "sent to http://models.example/v1" in checks(library)["model"].said
    assert "--offline excludes" in checks(library, offline=True)["model"].said


def test_the_last_error_is_the_last_of_the_log(tmp_path: Path) -> None:
    assert doctor.last_error() == ""
    for text in ("first", "second"):
        faultlog.keep(ValueError(text))
    place, said = doctor.last_error().split("\n")
    assert said == "ValueError: second"
    path, _, line = place.rpartition(":")
    assert Path(path).is_relative_to(tmp_path)
    assert Path(path).read_text(encoding="utf-8").split("\n")[int(line) - 1].startswith("--- ")


def test_a_log_that_is_no_file_is_said() -> None:
    (settings.log_folder() / faultlog.FILE).mkdir(parents=True)
    assert "cannot be read" in doctor.last_error()


@pytest.mark.parametrize(
    "text",
    [f"401: {KEY} is wrong", "401: sk-proj-abcdef is wrong", "Bearer abc.def", f"http://me:{KEY}@127.0.0.1/v1"],
    ids=["the key", "another key", "a header", "an address"],
)
def test_a_secret_is_taken_out_and_the_rest_stays(text: str) -> None:
    said = doctor.redacted(text, KEY)
    assert "***" in said
    assert not any(secret in said for secret in (KEY, "abcdef", "abc.def"))
    assert said.startswith(text.split("***", maxsplit=1)[0][:4])


@pytest.mark.parametrize("key", [None, "", "a"])
def test_without_a_key_nothing_else_is_taken_out(key: str | None) -> None:
    assert doctor.redacted("a library at /data/disk-name", key) == "a library at /data/disk-name"
