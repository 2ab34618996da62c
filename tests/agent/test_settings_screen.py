"""Settings of the screens: what they may be, and the table of keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent import settings
from agent.errors import SettingsError
from agent.settings import FLAGS, load

SECRET = "sk-a-key-that-nobody-may-see"
Write = Callable[[str], Path]


@pytest.fixture
def user_file() -> Write:
    """Writes the user's config.toml."""

    def write(text: str) -> Path:
        path = settings.config_folder() / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def project_file(tmp_path: Path) -> Write:
    """Writes a citeloom.toml in the folder where the test is."""

    def write(text: str) -> Path:
        path = tmp_path / "citeloom.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused() -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load({})
    return caught.value


@pytest.mark.parametrize("name", ["theme", "submit", *FLAGS])
def test_a_choice_that_there_is_not_is_refused_with_its_origin(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = f"CITELOOM_{name.upper()}"
    monkeypatch.setenv(variable, "purple")

    error = refused()
    assert error.message == f"{name} is 'purple' ({variable})"
    assert error.hint.startswith("choose one of ")


@pytest.mark.parametrize("theme", ["auto", "dark", "light", "ansi"])
def test_a_theme_is_one_of_four(user_file: Write, theme: str) -> None:
    user_file(f'theme = "{theme}"\n')

    assert load({}).text("theme") == theme


@pytest.mark.parametrize("key", ["enter", "ctrl+j"])
def test_a_question_is_sent_with_one_of_two_keys(user_file: Write, key: str) -> None:
    user_file(f'submit = "{key}"\n')

    assert load({}).text("submit") == key


def test_without_settings_there_are_movement_and_a_bell_and_all_characters() -> None:
    found = load({})

    assert {name: found.flag(name) for name in FLAGS} == {"ascii": False, "animations": True, "notify": True}


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize(("written", "text"), [("true", "yes"), ("false", "no"), ('"yes"', "yes"), ('"no"', "no")])
def test_yes_and_no_may_be_written_as_words_or_as_booleans(
    user_file: Write, name: str, written: str, text: str
) -> None:
    path = user_file(f"{name} = {written}\n")

    found = load({})
    assert found.values[name] == (text, f"{path}:1")
    assert found.flag(name) == (text == "yes")


def test_a_boolean_is_no_number(user_file: Write) -> None:
    path = user_file("hits = true\n")

    assert refused().message == f"hits is 'True' ({path}:1)"


def test_a_small_number_of_a_file_is_read_as_it_is_written(user_file: Write) -> None:
    user_file("[limits]\ncost_usd = 0.000001\n")

    assert load({}).values["limits.cost_usd"].text == "0.000001"


def test_without_a_table_of_keys_there_are_none() -> None:
    assert load({}).keys == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[keys]\n# mine\n"session.new" = "f6"\n', 3),
        ("[keys]\n'session.new' = 'f6'\n", 2),
        ('[keys]\nsession.new = "f6"\n', 2),
        ('[keys.session]\nnew = "f6"\n', 2),
        ('keys."session.new" = "f6"\n', 1),
        ('hits = 3\nkeys = { "session.new" = "f6" }\n', 1),
    ],
    ids=["quoted", "literal", "dotted", "table", "one line", "braces"],
)
def test_a_key_may_be_written_in_every_way_of_toml(user_file: Write, text: str, line: int) -> None:
    path = user_file(text)

    assert load({}).keys == {"session.new": ("f6", f"{path}:{line}")}


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('["f6", "ctrl+n"]', "f6,ctrl+n"),
        ('"f6, ctrl+n"', "f6,ctrl+n"),
        ('["f6,ctrl+n", "alt+shift+x"]', "f6,ctrl+n,alt+shift+x"),
        ('"/"', "/"),
        ('"G"', "G"),
        ('"question_mark"', "question_mark"),
    ],
)
def test_an_action_may_have_several_keys(user_file: Write, written: str, text: str) -> None:
    user_file(f'[keys]\n"session.new" = {written}\n')

    assert load({}).keys["session.new"].text == text


@pytest.mark.parametrize(
    "written",
    ['""', "[]", '[""]', '"f6,"', "1", "true", '["f6", 1]', '[["f6"]]', '"f 6"', '"\\u001b"', '"F6"', f'"{SECRET}"'],
)
def test_what_is_no_key_is_refused_with_its_place_and_not_repeated(user_file: Write, written: str) -> None:
    path = user_file(f'hits = 3\n[keys]\n"session.new" = {written}\n')

    error = refused()
    assert error.message == f"{path}:3: keys.session.new is no key"
    assert SECRET not in f"{error.message} {error.hint} {error.__cause__} {error.__context__}"


@pytest.mark.parametrize("name", ['"a b"', '"\\u001b[31m"', '""', '"a..b"'])
def test_what_is_no_name_of_an_action_is_refused_and_not_repeated(user_file: Write, name: str) -> None:
    path = user_file(f'[keys]\n{name} = "f6"\n')

    error = refused()
    assert error.message.startswith(f"{path}:")
    assert error.message.endswith("a name in [keys] is no name of an action")


def test_the_project_file_wins_for_the_keys_that_it_names(user_file: Write, project_file: Write) -> None:
    mine = user_file('[keys]\n"session.new" = "f6"\n"help.show" = "f1"\n')
    ours = project_file('[keys]\n"session.new" = "f7"\n')

    assert load({}).keys == {"session.new": ("f7", f"{ours}:2"), "help.show": ("f1", f"{mine}:3")}


@pytest.mark.parametrize("name", ["keys.show", "token.count", "api_key", "password"])
def test_the_name_of_an_action_may_look_like_a_secret(user_file: Write, name: str) -> None:
    user_file(f'[keys]\n"{name}" = "f6"\n')

    assert load({}).keys[name].text == "f6"


@pytest.mark.parametrize(
    "text",
    [
        f'api_key = "{SECRET}"\n[keys]\n"session.new" = "f6"\n',
        f'[embedding]\napi_key = "{SECRET}"\n[keys]\n',
        f'[embedding.keys]\napi_key = "{SECRET}"\n',
        f'[limits]\nkeys.api_key = "{SECRET}"\n',
        f'[key]\napi_key = "{SECRET}"\n',
    ],
    ids=["top", "table", "table in a table", "dotted", "other table"],
)
def test_a_secret_outside_the_table_of_keys_is_refused_all_the_same(user_file: Write, text: str) -> None:
    path = user_file(text)

    error = refused()
    assert error.message.startswith(f"{path}:")
    assert error.message.endswith("looks like a secret")
    assert SECRET not in f"{error.message} {error.hint}"


@pytest.mark.parametrize("text", [f'keys = "{SECRET}"\n', '[[keys]]\n"session.new" = "f6"\n'])
def test_keys_that_are_no_table_are_refused_with_how_to_write_it(user_file: Write, text: str) -> None:
    user_file(text)

    error = refused()
    assert error.message.endswith("keys is a table")
    assert SECRET not in error.message + error.hint
    assert "[keys]" in error.hint


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[keys]\n"session.new" = "f6"\nsession.new = "f7"\n', "keys.session.new"),
        ('"limits.calls" = 3\n[limits]\ncalls = 4\n', "limits.calls"),
    ],
)
def test_what_is_set_twice_in_a_file_is_refused(user_file: Write, text: str, name: str) -> None:
    user_file(text)

    assert refused().message.endswith(f"{name} is set twice")


def test_an_action_may_have_the_name_of_a_setting(user_file: Write) -> None:
    user_file('[keys]\n"limits.calls" = "f6"\n[limits]\ncalls = 3\n')

    found = load({})
    assert (found.text("limits.calls"), found.keys["limits.calls"].text) == ("3", "f6")


def test_a_list_of_everything_names_the_keys_and_shows_no_password(user_file: Write) -> None:
    path = user_file('[vectors]\nserver = "http://me:secret@example.org:8000"\n[keys]\n"session.new" = "f6"\n')

    listed = load({}).listed
    assert listed["keys.session.new"] == ("f6", f"{path}:4")
    assert listed["vectors.server"] == ("http://***@example.org:8000", f"{path}:2")
    assert list(listed) == [*(item.name for item in settings.SETTINGS), "keys.session.new"]


def test_the_example_of_a_key_in_the_template_holds_when_it_is_put_in_force(user_file: Write) -> None:
    head, _, table = settings.template().partition("[keys]")
    assert load({}).keys == {}
    user_file(head + "[keys]" + table.replace('# "', '"'))

    assert load({}).keys["session.new"].text == "ctrl+g,ctrl+n"


def test_a_library_of_a_user_that_there_is_not_is_an_error_that_says_so(user_file: Write) -> None:
    user_file('library = "~nobody-of-this-name/papers"\n')

    with pytest.raises(SettingsError, match="there is no folder ~nobody-of-this-name/papers"):
        _ = load({}).library
