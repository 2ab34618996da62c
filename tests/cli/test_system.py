"""`doctor`, `config`, `completion`, help and version, and what holds for every command."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Citeloom

COMMANDS = (
    *("add", "search", "ask", "summarize", "papers", "sessions", "check", "export"),
    *("config", "doctor", "completion"),
)
PLACES = ["config", "keys", "prices", "library", "sessions", "summaries", "log"]
KEY = "sk-a-key-that-nobody-may-see"
HEAVY = ("chromadb", "onnxruntime", "openai", "rich.progress", "numpy")


@contextmanager
def changed(folder: Path) -> Iterator[sqlite3.Connection]:
    """The database of a library, to be changed behind Citeloom's back."""
    connection = sqlite3.connect(folder / "papers.db")
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command_and_every_exit_code(citeloom: Citeloom, flag: str) -> None:
    run = citeloom(flag)

    assert (run.code, run.err) == (0, "")
    assert all(f"\n  {command} " in run.out for command in COMMANDS)
    flat = " ".join(run.out.split())
    for said in ("0 ok", "1 unexpected", "2 usage", "3 provider", "4 timeout", "5 library", "6 abstained", "130 inter"):
        assert said in flat


@pytest.mark.parametrize("command", [("add",), ("search",), ("ask",), ("doctor",), ("papers", "list"), ("config",)])
def test_every_command_has_a_help_of_its_own(citeloom: Citeloom, command: tuple[str, ...]) -> None:
    run = citeloom(*command, "--help")

    assert (run.code, run.err) == (0, "")
    assert f"citeloom {' '.join(command)}" in run.out


def test_the_version_is_one_line(citeloom: Citeloom) -> None:
    run = citeloom("--version")

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("citeloom ")
    assert len(run.out.splitlines()) == 1


def test_no_command_is_a_usage_error_with_the_help_on_stderr(citeloom: Citeloom) -> None:
    run = citeloom()

    assert (run.code, run.out) == (2, "")
    assert "search" in run.err


def test_neither_help_nor_start_loads_what_they_do_not_need() -> None:
    script = (
        "import sys\n"
        "from agent.cli.app import main\n"
        f"heavy = {HEAVY!r}\n"
        "loaded = [name for name in heavy if name in sys.modules]\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "loaded += [name for name in heavy if name in sys.modules]\n"
        "sys.stderr.write(' '.join(loaded))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY, check=True)

    assert done.stderr == ""
    assert "Usage: citeloom" in done.stdout


def test_a_global_option_may_stand_before_the_command_or_after_it(citeloom: Citeloom, tmp_path: Path) -> None:
    runs = [
        citeloom("--library", tmp_path / "x", "config", "show"),
        citeloom("config", "--library", tmp_path / "x", "show"),
        citeloom("config", "show", "--library", tmp_path / "x"),
        citeloom("config", "show", f"--library={tmp_path / 'x'}"),
    ]

    assert {run.code for run in runs} == {0}
    assert all(f"library = {tmp_path / 'x'}" in run.out for run in runs)
    assert len({run.out for run in runs}) == 1


def test_what_follows_two_dashes_is_no_option(citeloom: Citeloom, tmp_path: Path) -> None:
    run = citeloom("search", "--library", tmp_path / "none", "--", "--quiet")

    assert run.code == 5
    assert "no library" in run.err


def test_a_global_option_without_its_value_is_a_usage_error_that_names_it(citeloom: Citeloom) -> None:
    run = citeloom("--library")

    assert (run.code, run.out) == (2, "")
    assert "--library" in run.err.splitlines()[0]


def test_a_global_option_without_its_value_takes_not_the_command_for_it(citeloom: Citeloom) -> None:
    run = citeloom("search", "words", "--library")

    assert run.code == 2
    assert "--library" in run.err.splitlines()[0]
    assert len(run.err.splitlines()) == 2


def test_the_hint_of_a_usage_error_names_no_option_that_was_given(citeloom: Citeloom) -> None:
    run = citeloom("ask", "-k", "9", "words", "--library", "x")

    assert (run.code, run.out) == (2, "")
    assert "'-k'" in run.err
    assert "did you mean" not in run.err


def test_quiet_leaves_nothing_but_errors(citeloom: Citeloom) -> None:
    run = citeloom("-q", "papers", "show", "x")

    assert run.code == 5
    assert [line.split(":")[0] for line in run.err.splitlines()] == ["citeloom", "hint"]


def test_only_debug_shows_a_traceback(citeloom: Citeloom) -> None:
    assert "Traceback" not in citeloom("papers", "list").err
    assert "Traceback" in citeloom("papers", "list", "--debug").err


def test_config_show_names_every_value_and_with_origin_where_it_comes_from(citeloom: Citeloom, tmp_path: Path) -> None:
    (tmp_path / "citeloom.toml").write_text("# ours\nhits = 4\n", encoding="utf-8")

    run = citeloom("config", "show", "--origin", "--library", "shelf", env={"CITELOOM_MODE": "quote"})

    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    assert f"hits = 4   <- {tmp_path / 'citeloom.toml'}:2" in lines
    assert "mode = quote   <- CITELOOM_MODE" in lines
    assert "library = shelf   <- --library" in lines
    assert "embedding.model = builtin   <- default" in lines


def test_a_key_is_never_shown(citeloom: Citeloom, tmp_path: Path) -> None:
    keys = tmp_path / "home" / "config" / "keys.toml"
    keys.parent.mkdir(parents=True)
    keys.write_text(f'openai_api_key = "{KEY}"\n', encoding="utf-8")
    keys.chmod(0o600)

    for arguments in (["config", "show", "--origin"], ["-v", "papers", "list", "--debug"]):
        run = citeloom(*arguments)
        assert KEY not in run.out + run.err
    assert "api key = set" in citeloom("config", "show").out


def test_a_keys_file_that_others_can_read_stops_the_command(citeloom: Citeloom, tmp_path: Path) -> None:
    keys = tmp_path / "home" / "config" / "keys.toml"
    keys.parent.mkdir(parents=True)
    keys.write_text(f'openai_api_key = "{KEY}"\n', encoding="utf-8")
    keys.chmod(0o644)

    run = citeloom("config", "show")

    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines() == [
        f"citeloom: error: {keys} can be read by others",
        f"hint: run: chmod 600 {keys}",
    ]


def test_config_path_says_where_everything_is(citeloom: Citeloom, tmp_path: Path) -> None:
    run = citeloom("config", "path")

    assert run.code == 0
    assert [line.split()[0] for line in run.out.splitlines()] == PLACES
    assert all(str(tmp_path / "home") in line for line in run.out.splitlines())


def test_config_init_makes_a_file_and_never_overwrites_one(citeloom: Citeloom) -> None:
    first = citeloom("config", "init")
    made = Path(first.out.strip())
    made.write_text("hits = 3\n", encoding="utf-8")
    second = citeloom("config", "init")

    assert (first.code, first.err) == (0, "")
    assert (second.code, second.out) == (2, "")
    assert len(second.err.splitlines()) == 2
    assert made.read_text(encoding="utf-8") == "hits = 3\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_citeloom(citeloom: Citeloom, shell: str) -> None:
    run = citeloom("completion", shell)

    assert (run.code, run.err) == (0, "")
    assert "citeloom" in run.out
    if interpreter := shutil.which(shell):
        checked = subprocess.run([interpreter, "-n"], input=run.out, text=True, capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_completion_of_an_unknown_shell_is_refused_with_the_known_ones(citeloom: Citeloom) -> None:
    run = citeloom("completion", "tcsh")

    assert (run.code, run.out) == (2, "")
    assert "bash, zsh, fish" in run.err


def test_doctor_finds_a_sound_library_sound(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("doctor", "--json", "--library", seed_folder)

    assert (run.code, run.err) == (0, "")
    assert run.json["schema"] == "citeloom.doctor/1"
    names = ["packages", "sqlite", "settings", "model", "embedder", "library"]
    assert [check["name"] for check in run.json["checks"]] == names
    assert all(check["is_fine"] for check in run.json["checks"])


def test_doctor_finds_a_fresh_installation_sound(citeloom: Citeloom) -> None:
    run = citeloom("doctor")

    assert run.code == 0
    assert "BAD" not in run.out


def test_doctor_says_what_is_wrong_and_where_and_goes_on(citeloom: Citeloom, tmp_path: Path) -> None:
    (tmp_path / "citeloom.toml").write_text("hitz = 4\n", encoding="utf-8")

    run = citeloom("doctor", "--json")

    assert run.code != 0
    said = {check["name"]: check for check in run.json["checks"]}
    assert said["packages"]["is_fine"]
    assert not said["settings"]["is_fine"]
    assert "did you mean hits?" in said["settings"]["said"]


def test_doctor_says_where_texts_are_sent_when_they_leave_the_machine(citeloom: Citeloom) -> None:
    run = citeloom(
        "doctor", env={"CITELOOM_EMBEDDING_MODEL": "text-embedder", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    )

    assert "nothing leaves this machine" not in run.out
    assert "http://127.0.0.1:9/v1" in run.out


def test_doctor_finds_an_index_that_lost_its_vectors_and_mends_it(
    citeloom: Citeloom, seed_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(seed_folder, folder)
    shutil.rmtree(folder / "vectors")

    found = citeloom("doctor", "--library", folder)
    mended = citeloom("doctor", "--rebuild", "--library", folder)

    assert found.code == 5
    assert "BAD  library" in found.out
    assert "--rebuild" in found.out
    assert mended.code == 0
    assert "BAD" not in mended.out


def test_a_rebuild_without_a_library_makes_none(citeloom: Citeloom, tmp_path: Path) -> None:
    run = citeloom("doctor", "--rebuild", "--library", "none")

    assert (run.code, run.out) == (5, "")
    assert not (tmp_path / "none").exists()


def test_a_library_of_another_embedder_is_refused_with_the_command_that_rebuilds_it(
    citeloom: Citeloom, seed_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(seed_folder, folder)
    with changed(folder) as connection:
        connection.execute("UPDATE facts SET value = 'endpoint/another' WHERE name = 'embedder'")

    run = citeloom("search", "reward", "--library", folder)

    assert (run.code, run.out) == (2, "")
    assert "endpoint/another" in run.err
    assert "citeloom doctor --rebuild" in run.err


def test_offline_refuses_an_embedding_endpoint(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom(
        "search", "reward", "--offline", "--library", seed_folder, env={"CITELOOM_EMBEDDING_MODEL": "text-embedder"}
    )

    assert (run.code, run.out) == (2, "")
    assert "--offline" in run.err


def test_offline_refuses_a_server_of_vectors(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom(
        "search", "reward", "--offline", "--library", seed_folder, env={"CITELOOM_VECTORS_SERVER": "http://127.0.0.1:9"}
    )

    assert run.code == 2
    assert "--offline" in run.err


def test_a_server_of_vectors_that_does_not_answer_is_a_network_error(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("search", "reward", "--library", seed_folder, env={"CITELOOM_VECTORS_SERVER": "http://127.0.0.1:9"})

    assert "does not answer" in run.err
    assert run.code == 3


def test_the_settings_can_be_had_as_json(citeloom: Citeloom) -> None:
    assert citeloom("config", "show", "--json").json["schema"].startswith("citeloom.")
