"""Tokens are counted without a network, from the file that is shipped, whatever the text and the environment say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.llm import tokens
from tests.conftest import REPOSITORY

COUNTED = """
import os, pytest_socket
pytest_socket.disable_socket()
before = dict(os.environ)
from agent.llm import tokens
print(tokens.count("Attention is all you need."))
assert dict(os.environ) == before, "the environment was changed"
"""


def test_the_count_is_that_of_the_encoding() -> None:
    assert tokens.count("") == 0
    assert tokens.count("hello world") == 2  # o200k_base: 24912, 2375
    assert tokens.count("Attention is all you need.") == 6


@pytest.mark.parametrize("text", ["<|endoftext|>", "<|im_start|>system", "a <|endofprompt|> b", "<|fim_prefix|>"])
def test_what_looks_like_a_control_token_is_text(text: str) -> None:
    assert tokens.count(text) > 1


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\x00\x1b[31m", "🙂" * 50, "ﷺ", "\u202e" * 10])
def test_any_text_can_be_counted(text: str) -> None:
    assert tokens.count(text) >= 1


def test_a_longer_text_has_more_tokens_and_fewer_than_characters() -> None:
    sentence = "We introduce Goedel-Prover, an open-source model that proves 57.6% of miniF2F. "
    counts = [tokens.count(sentence * times) for times in (1, 2, 4, 100)]
    assert counts == sorted(counts)
    assert 0 < counts[-1] < len(sentence) * 100


def test_a_request_counts_its_messages_its_tools_and_what_is_around_them() -> None:
    alone = tokens.count_messages(["hello world"])
    assert alone > tokens.count("hello world")
    both = tokens.count_messages(["hello world", "hello world"])
    assert both - alone > tokens.count("hello world")
    assert tokens.count_messages(["hello world"], ['{"name": "search"}']) > alone + tokens.count('{"name": "search"}')


def test_the_count_is_exact_for_the_models_of_the_encoding_and_an_estimate_for_others() -> None:
    assert tokens.is_exact_for("gpt-4o-mini")
    assert tokens.is_exact_for("gpt-4o-2024-08-06")
    assert not tokens.is_exact_for("gpt-4")
    assert not tokens.is_exact_for("llama3:8b")


@pytest.mark.parametrize("folder", ["empty", "missing", "damaged"])
def test_counting_needs_no_network_and_leaves_the_users_own_cache_alone(folder: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    if folder != "missing":
        cache.mkdir()
    if folder == "damaged":
        (cache / "fb374d419588a4632f3f557e76b4b70aebbca790").write_text("damaged", encoding="utf-8")
    before = sorted(path.name for path in cache.iterdir()) if cache.is_dir() else None
    run = subprocess.run(
        [sys.executable, "-c", COUNTED],
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "TIKTOKEN_CACHE_DIR": str(cache),
            "TMPDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (run.stdout, run.stderr) == ("6\n", "")
    after = sorted(path.name for path in cache.iterdir()) if cache.is_dir() else None
    assert after == before
    assert {path.name for path in tmp_path.iterdir()} <= {"cache"}, "nothing is left behind"
