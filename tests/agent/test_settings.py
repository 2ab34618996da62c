"""Settings: who wins, where a value came from, and how secrets stay secret."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import settings
from agent.errors import SettingsError
from agent.settings import SETTINGS, load

KEY = "sk-a-key-that-nobody-may-see"


@pytest.fixture
def user_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the user's config.toml."""

    def write(text: str) -> Path:
        path = tmp_path / "home" / "config" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def project_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a citeloom.toml in the folder where the test is."""

    def write(text: str) -> Path:
        path = tmp_path / "citeloom.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def keys_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes keys.toml with a mode."""

    def write(text: str = f'openai_api_key = "{KEY}"\n', mode: int = 0o600) -> Path:
        path = tmp_path / "home" / "config" / "keys.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def refused(flags: dict[str, str] | None = None) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(flags or {})
    return caught.value


def test_without_any_settings_the_defaults_hold() -> None:
    found = load({})

    assert {name: value.text for name, value in found.values.items()} == {item.name: item.default for item in SETTINGS}
    assert {value.origin for value in found.values.values()} == {"default"}


def test_the_user_file_wins_over_the_default(user_file: Callable[[str], Path]) -> None:
    path = user_file("# mine\nhits = 7\n")

    assert load({}).values["hits"] == ("7", f"{path}:2")


def test_the_project_file_wins_over_the_user_file(
    user_file: Callable[[str], Path], project_file: Callable[[str], Path]
) -> None:
    user_file("hits = 7\n")
    path = project_file("hits = 8\n")

    assert load({}).values["hits"] == ("8", f"{path}:1")


def test_the_environment_wins_over_the_files(
    project_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project_file("hits = 8\n")
    monkeypatch.setenv("CITELOOM_HITS", "9")

    assert load({}).values["hits"] == ("9", "CITELOOM_HITS")


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELOOM_MODE", "auto")

    assert load({"mode": "quote"}).values["mode"] == ("quote", "--mode")


def test_a_file_that_settles_one_thing_leaves_the_others_to_the_next(
    user_file: Callable[[str], Path], project_file: Callable[[str], Path]
) -> None:
    user_file('hits = 7\nmode = "quote"\n')
    project_file("hits = 8\n")

    found = load({})
    assert (found.hits, found.text("mode")) == (8, "quote")


def test_the_nearest_project_file_is_the_one_that_counts(tmp_path: Path, project_file: Callable[[str], Path]) -> None:
    project_file('hits = 8\nmode = "quote"\n')
    inner = tmp_path / "inner" / "deeper"
    inner.mkdir(parents=True)
    (inner.parent / "citeloom.toml").write_text("hits = 9\n", encoding="utf-8")

    found = load({}, inner)
    assert (found.hits, found.text("mode")) == (9, "auto")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda item: item.name)
def test_every_setting_can_come_from_the_environment(
    setting: settings.Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "http://127.0.0.1:1/v1"
    known = {
        "mode": "quote",
        "hits": "3",
        "base_url": address,
        "embedding.base_url": address,
        "vectors.server": address,
        "theme": "dark",
        "submit": "ctrl+j",
        **dict.fromkeys(settings.FLAGS, "yes"),
    }
    text = known.get(setting.name, "1000" if setting.name.startswith("limits.") else "something")
    monkeypatch.setenv(setting.variable, text)

    assert load({}).values[setting.name] == (text, setting.variable)


def test_a_table_names_its_settings_with_a_dot(project_file: Callable[[str], Path]) -> None:
    path = project_file('[embedding]\n\nmodel = "nomic"\nbase_url = "http://127.0.0.1:1/v1"\n')

    found = load({})
    assert found.values["embedding.model"] == ("nomic", f"{path}:3")
    assert (found.embedder.model, found.embedder.base_url) == ("nomic", "http://127.0.0.1:1/v1")


@pytest.mark.parametrize(
    ("text", "line", "near"),
    [
        ("hitz = 3\n", 1, "hits"),
        ('\n# of mine\nlibary = "x"\n', 3, "library"),
        ('[embedding]\nmodle = "x"\n', 2, "embedding.model"),
        ('embedding.base-url = "x"\n', 1, "embedding.base_url"),
    ],
)
def test_an_unknown_setting_is_an_error_with_its_place_and_the_nearest_name(
    project_file: Callable[[str], Path], text: str, line: int, near: str
) -> None:
    path = project_file(text)

    error = refused()
    assert error.message.startswith(f"{path}:{line}: ")
    assert error.hint == f"did you mean {near}?"


def test_the_line_of_a_setting_is_looked_for_in_its_own_table(project_file: Callable[[str], Path]) -> None:
    path = project_file('[embedding]\nmodel = "builtin"\n[vectors]\nmodel = "x"\n')

    assert refused().message.startswith(f"{path}:4: ")


def test_an_unknown_variable_is_an_error_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELOOM_LIBARY", "x")

    assert "CITELOOM_LIBRARY" in refused().hint


def test_an_unknown_setting_of_the_user_file_is_an_error_too(user_file: Callable[[str], Path]) -> None:
    path = user_file("hitz = 3\n")

    assert str(path) in refused().message


def test_a_value_that_is_none_of_the_choices_is_an_error_with_its_origin(project_file: Callable[[str], Path]) -> None:
    path = project_file('mode = "qoute"\n')

    error = refused()
    assert f"{path}:1" in error.message
    assert error.hint == "did you mean quote?"


@pytest.mark.parametrize(
    "number",
    [
        *("0", "101", "-1", "ten", "1.5"),
        pytest.param("²"),
    ],
)
def test_a_number_of_hits_that_cannot_be_is_an_error(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv("CITELOOM_HITS", number)

    assert "CITELOOM_HITS" in refused().message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("limits.calls", text) for text in ("0", "-1", "1.5", "1001", "many", "1e2", "٣", "")),
        *(("limits.tokens", text) for text in ("999", "1000.5", "1000000000")),
        *(("limits.seconds", text) for text in ("0", "0.5", "86401", "inf", "nan", "1.2.3", " 5")),
        *(("limits.cost_usd", text) for text in ("-0.01", "$1", "1,5", "0.0000001")),
        *(("limits.silence", text) for text in ("0", "3601", "1_0")),
    ],
)
def test_a_limit_that_cannot_be_is_an_error_with_its_origin_and_the_range(name: str, text: str) -> None:
    error = refused({name: text})

    assert f"--{name.rsplit('.', 1)[-1].replace('_', '-')}" in error.message
    assert error.hint.startswith("give a number from ")


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("limits.calls", "1", 1.0),
        ("limits.tokens", "1000", 1000.0),
        ("limits.seconds", "2.5", 2.5),
        ("limits.cost_usd", "0.05", 0.05),
        ("limits.silence", "3600", 3600.0),
    ],
)
def test_a_limit_is_read_as_a_number(name: str, text: str, number: float) -> None:
    assert load({name: text}).number(name) == number


def test_a_limit_of_a_file_may_be_a_number(project_file: Callable[[str], Path]) -> None:
    project_file("[limits]\ncost_usd = 0.25\ncalls = 3\n")

    found = load({})
    assert (found.number("limits.cost_usd"), found.number("limits.calls")) == (0.25, 3)


@pytest.mark.parametrize("text", ["hits = \n", "hits = 1\nhits = 2\n", "\x00"])
def test_a_file_that_is_no_toml_is_an_error_that_names_it(project_file: Callable[[str], Path], text: str) -> None:
    path = project_file(text)

    assert str(path) in refused().message


def test_a_file_that_is_not_utf_8_is_an_error_that_names_it(project_file: Callable[[str], Path]) -> None:
    path = project_file("")
    path.write_bytes(b'library = "caf\xe9"\n')

    assert str(path) in refused().message


@pytest.mark.parametrize(
    "text", [f'api_key = "{KEY}"\n', f'[embedding]\ntoken = "{KEY}"\n', f'openai.api_key = "{KEY}"\n']
)
def test_a_secret_in_a_project_file_is_refused_and_not_repeated(project_file: Callable[[str], Path], text: str) -> None:
    path = project_file(text)

    error = refused()
    assert f"{path}:" in error.message
    assert KEY not in error.message + error.hint
    assert "OPENAI_API_KEY" in error.hint


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    assert load({}).api_key == KEY


def test_the_key_comes_from_a_keys_file_that_its_owner_alone_can_read(keys_file: Callable[..., Path]) -> None:
    keys_file()

    assert load({}).api_key == KEY


def test_the_environment_wins_over_the_keys_file(
    keys_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys_file()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")

    assert load({}).api_key == "sk-another"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_keys_file_that_others_can_read_is_refused(keys_file: Callable[..., Path], mode: int) -> None:
    path = keys_file(mode=mode)

    error = refused()
    assert str(path) in error.message
    assert error.hint == f"run: chmod 600 {path}"


@pytest.mark.parametrize("text", [f"openai_api_key = {KEY}\n", f'openai_api_key = "{KEY}\n', f"{KEY}\n"])
def test_a_keys_file_that_cannot_be_read_is_an_error_without_the_key(keys_file: Callable[..., Path], text: str) -> None:
    path = keys_file(text)

    error = refused()
    assert str(path) in error.message
    assert KEY not in f"{error.message} {error.hint} {error.__cause__}"


def test_the_key_is_in_no_representation_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = load({})

    assert KEY not in f"{found!r} {found} {found.embedder!r} {found.values!r}"


def test_the_address_of_the_provider_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")

    found = load({})
    assert found.text("base_url") == found.embedder.base_url == "http://127.0.0.1:1/v1"


def test_the_address_of_the_provider_has_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")

    for name in ("base_url", "embedding.base_url"):
        assert load({}).values[name] == ("http://127.0.0.1:1/v1", "OPENAI_BASE_URL")


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    monkeypatch.setenv("CITELOOM_HOME", str(home))

    places = [settings.config_folder(), settings.data_folder(), settings.log_folder(), load({}).library]
    assert all(home in place.parents for place in places)


def test_a_tilde_in_the_library_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELOOM_LIBRARY", "~/papers")

    assert load({}).library == Path(os.path.expanduser("~/papers"))


def test_the_template_names_every_setting_and_changes_none(user_file: Callable[[str], Path]) -> None:
    before = load({})
    user_file(settings.template())

    assert load({}) == before
    assert all(f"# {item.name.rsplit('.', 1)[-1]} = " in settings.template() for item in SETTINGS)


def test_the_template_holds_when_every_line_is_put_in_force(user_file: Callable[[str], Path]) -> None:
    lines = settings.template().splitlines()
    user_file("\n".join(line.removeprefix("# ") if " = " in line else line for line in lines))

    found = load({})
    assert {name: value.text for name, value in found.values.items()} == {item.name: item.default for item in SETTINGS}


def test_a_library_in_a_file_is_looked_for_beside_that_file(project_file: Callable[[str], Path]) -> None:
    path = project_file('library = "shelf"\n')

    assert load({}).library == path.parent / "shelf"


def test_a_password_in_an_address_is_never_shown() -> None:
    found = load({"vectors.server": "http://me:secret@example.org:8000"})

    assert found.shown("vectors.server") == "http://***@example.org:8000"


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(SettingsError, match="no address"):
        load({"vectors.server": "example.org:9000"})
