"""The file of a judge's replies: what is in it, who may use it, and what becomes of a damaged one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import EvalError
from agent.llm.models import ModelChoice
from evals.judge.cache import Replies, key_of
from prompts import Rendered, load
from tests.conftest import REPOSITORY

CHOICE = ModelChoice("judge-1", "http://127.0.0.1:9/v1", "sk-a-key-that-nobody-may-see")
RENDERED = Rendered("Rules.", "The task.")
WRITER = """
import sys
from pathlib import Path
from evals.judge.cache import Replies
replies = Replies(Path(sys.argv[1]), print)
for number in range(40):
    replies.put(f"{sys.argv[2]}-{number}", "1: SUPPORTED")
"""


def silent(_: str) -> None:
    raise AssertionError("there was something to tell")


def test_a_reply_is_found_again_by_another_that_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "cache.sqlite3"

    Replies(path, silent).put("key", "1: SUPPORTED\n2: ‹Ünïcödé›\n")

    assert Replies(path, silent).get("key") == "1: SUPPORTED\n2: ‹Ünïcödé›\n"
    assert Replies(path, silent).get("another") is None


def test_a_later_reply_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    replies = Replies(tmp_path / "cache.sqlite3", silent)

    replies.put("key", "one")
    replies.put("key", "two")

    assert replies.get("key") == "two"


def test_the_key_depends_on_the_model_the_address_the_prompt_and_the_messages_and_on_no_secret() -> None:
    entailment, rubric = load("judge/entailment"), load("judge/rubric")
    keys = [
        key_of(CHOICE, entailment, RENDERED),
        key_of(ModelChoice("judge-2", CHOICE.base_url), entailment, RENDERED),
        key_of(ModelChoice("judge-1", "https://api.example.org/v1"), entailment, RENDERED),
        key_of(ModelChoice("judge-1", f"{CHOICE.base_url}/another"), entailment, RENDERED),
        key_of(CHOICE, rubric, RENDERED),
        key_of(CHOICE, entailment, RENDERED._replace(system="Other rules.")),
        key_of(CHOICE, entailment, RENDERED._replace(user="Another task.")),
        key_of(CHOICE, entailment, Rendered("Rules.The task.", "")),
    ]

    assert len(set(keys)) == len(keys)
    assert key_of(ModelChoice("judge-1", CHOICE.base_url, "sk-other"), entailment, RENDERED) == keys[0]


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, name], env=environment, stdout=subprocess.PIPE)
        for name in ("one", "two")
    ]

    said = [writer.communicate(timeout=300)[0] for writer in writers]

    assert [writer.returncode for writer in writers] == [0, 0]
    assert said == [b"", b""]
    kept = Replies(path, silent)
    assert all(kept.get(f"{name}-{number}") for name in ("one", "two") for number in range(40))


def overwritten(path: Path) -> None:
    path.write_bytes(b"no database at all " * 400)


def holed(path: Path) -> None:
    """A page of the table is lost, the head of the file is whole."""
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [overwritten, holed])
@pytest.mark.parametrize("is_open", [False, True], ids=["before", "meanwhile"])
def test_a_damaged_file_is_set_aside_and_begun_anew(
    tmp_path: Path, damage: Callable[[Path], None], is_open: bool
) -> None:
    path, told = tmp_path / "cache.sqlite3", list[str]()
    replies = Replies(path, told.append)
    for number in range(12):
        replies.put(f"key-{number}", "1: SUPPORTED\n" * 100)
    damage(path)
    damaged = path.read_bytes()
    if not is_open:
        replies = Replies(path, told.append)

    found = [replies.get(f"key-{number}") for number in range(12)]
    replies.put("after", "1: PARTLY")

    assert None in found
    assert replies.get("after") == "1: PARTLY"
    (aside,) = tmp_path.glob("cache-damaged-*.sqlite3")
    assert aside.read_bytes() == damaged
    (notice,) = told
    assert "was damaged" in notice
    assert aside.name in notice
    assert "\n" not in notice


def test_a_file_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder must be")

    with pytest.raises(EvalError, match=r"the judge's cache .*taken.cache\.sqlite3 cannot be used") as caught:
        Replies(tmp_path / "taken" / "cache.sqlite3", silent).get("key")
    assert caught.value.hint


def test_a_folder_in_the_place_of_the_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be used: unable to open database file"):
        Replies(tmp_path, silent).put("key", "reply")


def test_a_database_of_another_shape_is_one_clear_error_and_stays_as_it_is(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    path = tmp_path / "cache.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE replies (number INTEGER)")
    before = path.read_bytes()

    with pytest.raises(EvalError, match="no such column"):
        Replies(path, silent).get("key")
    assert path.read_bytes() == before
