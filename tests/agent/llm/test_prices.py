"""Prices: a shipped list for OpenAI's own address, the user's list over it, and no guess where neither knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.errors import ExitCode, SettingsError, exit_code_for
from agent.llm.models import ModelChoice
from agent.llm.prices import FILE, Price, price_of

OWN_ENDPOINT = "http://127.0.0.1:8000/v1"


@pytest.fixture
def own_list(tmp_path: Path) -> Path:
    """The user's own list of prices, which a test writes."""
    return tmp_path / FILE


def price(name: str, folder: Path, base_url: str | None = None) -> Price | None:
    return price_of(ModelChoice(name, base_url), folder)


def test_a_price_is_for_a_million_tokens_in_and_out() -> None:
    assert Price(2.0, 8.0).of(1_000_000, 0) == 2.0
    assert Price(2.0, 8.0).of(0, 500_000) == 4.0
    assert Price(0.15, 0.6).of(1000, 100) == pytest.approx(0.00021)
    assert Price(0.0, 0.0).of(1000, 100) == 0.0


def test_the_shipped_list_is_well_formed_and_knows_models_of_openai(tmp_path: Path) -> None:
    known = price("gpt-4o-mini", tmp_path)
    assert known is not None
    assert 0 < known.input <= known.output


@pytest.mark.parametrize("name", ["gpt-4o-2024-08-06", "gpt-4o-20240806", "openai:gpt-4o", "openai:gpt-4o-2024-08-06"])
def test_a_dated_or_fully_named_model_has_the_price_of_its_plain_name(name: str, tmp_path: Path) -> None:
    assert price(name, tmp_path) == price("gpt-4o", tmp_path) is not None


@pytest.mark.parametrize("name", ["gpt-4o-mini-2024", "gpt-4o-audio", "gpt-99", "GPT-4o", "", "anthropic:gpt-4o"])
def test_a_model_that_is_not_listed_has_no_price(name: str, tmp_path: Path) -> None:
    assert price(name, tmp_path) is None


@pytest.mark.parametrize("address", [OWN_ENDPOINT, "https://gateway.example/v1", "https://api.openai.com.evil.example"])
def test_the_shipped_list_says_nothing_of_another_endpoint(address: str, tmp_path: Path) -> None:
    assert price("gpt-4o-mini", tmp_path, address) is None


def test_openais_own_address_may_be_written_out(tmp_path: Path) -> None:
    assert price("gpt-4o-mini", tmp_path, "https://api.openai.com/v1") == price("gpt-4o-mini", tmp_path)


def test_the_users_list_goes_over_the_shipped_one_and_adds_to_it(own_list: Path) -> None:
    own_list.write_text('[prices]\n"gpt-4o" = [1, 2.5]\n"llama3:8b" = [0, 0]\n', encoding="utf-8")
    assert price("gpt-4o", own_list.parent) == Price(1.0, 2.5)
    assert price("gpt-4o-2024-08-06", own_list.parent) == Price(1.0, 2.5)
    assert price("gpt-4o-mini", own_list.parent) is not None
    assert price("llama3:8b", own_list.parent, OWN_ENDPOINT) == Price(0.0, 0.0)
    assert price("gpt-4o", own_list.parent, OWN_ENDPOINT) == Price(1.0, 2.5)


def test_a_dated_name_of_the_users_goes_before_its_plain_name(own_list: Path) -> None:
    own_list.write_text('[prices]\n"m" = [1, 1]\n"m-2025-01-31" = [2, 2]\n', encoding="utf-8")
    assert price("m-2025-01-31", own_list.parent, OWN_ENDPOINT) == Price(2.0, 2.0)
    assert price("m-2025-02-28", own_list.parent, OWN_ENDPOINT) == Price(1.0, 1.0)


def test_a_model_of_another_provider_is_priced_by_its_name_with_or_without_the_provider(own_list: Path) -> None:
    own_list.write_text('[prices]\n"anthropic:a" = [1, 1]\n"b" = [2, 2]\n', encoding="utf-8")
    assert price("anthropic:a", own_list.parent) == Price(1.0, 1.0)
    assert price("anthropic:b", own_list.parent) == Price(2.0, 2.0)


def test_a_folder_without_a_list_is_fine(tmp_path: Path) -> None:
    assert price("m", tmp_path / "missing") is None
    (tmp_path / FILE).write_text("", encoding="utf-8")
    assert price("m", tmp_path) is None


def assert_refused_in_one_line(text: str, own_list: Path) -> None:
    own_list.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        price("m", own_list.parent, OWN_ENDPOINT)
    error = caught.value
    assert exit_code_for(error) == ExitCode.USAGE
    assert str(own_list) in error.message
    assert len(error.message.splitlines()) == 1
    assert "[prices]" in error.hint


MALFORMED = {
    "no TOML": "[prices\n",
    "no number": '[prices]\n"m" = ["a", "b"]\n',
    "one number": '[prices]\n"m" = [1]\n',
    "three numbers": '[prices]\n"m" = [1, 2, 3]\n',
    "a bare number": '[prices]\n"m" = 1\n',
    "truth values": '[prices]\n"m" = [true, false]\n',
    "a negative number": '[prices]\n"m" = [1, -2]\n',
    "a table": "[prices.m]\ninput = 1\noutput = 2\n",
    "a dotted name without quotes": "[prices]\ngpt-4.1 = [1, 2]\n",
    "a duplicate": '[prices]\n"m" = [1, 2]\n"m" = [1, 2]\n',
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_list_is_refused_in_one_line_that_names_the_file(text: str, own_list: Path) -> None:
    assert_refused_in_one_line(text, own_list)


@pytest.mark.parametrize("text", ["prices = 3\n", 'prices = ["m", 1, 2]\n'])
def test_prices_that_are_no_table_are_refused_in_one_line(text: str, own_list: Path) -> None:
    assert_refused_in_one_line(text, own_list)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_price_is_a_finite_number(number: str, own_list: Path) -> None:
    assert_refused_in_one_line(f'[prices]\n"m" = [{number}, {number}]\n', own_list)


@pytest.mark.parametrize("text", ['[price]\n"m" = [1, 2]\n', '"m" = [1, 2]\n'])
def test_a_price_outside_the_table_is_refused_rather_than_passed_over(text: str, own_list: Path) -> None:
    assert_refused_in_one_line(text, own_list)
