"""Prompt files: what they declare, and how nothing but their variables is put in."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prompts
from prompts import PromptError, load, parse

FRONT = "---\npurpose: to test\nvariables: [one, two]\n---\n"
FILE = f"{FRONT}\n## system\n\nRules of {{{{one}}}}.\n\n## user\n\n{{{{two}}}} and {{{{ one }}}}.\n"
ENVIRONMENT = re.compile(
    r"\b(?:20\d\d|January|today|current date|linux|macos|windows|python|directory|folder|localhost|sandbox)\b|/home",
    re.IGNORECASE,
)


def test_there_are_the_prompts_that_the_answer_needs() -> None:
    assert {"answer", "repair", "rewrite"} <= set(prompts.names())


def test_a_prompt_in_a_folder_is_named_by_its_path() -> None:
    assert {"judge/entailment", "judge/nuggets", "judge/rubric"} <= set(prompts.names())


@pytest.mark.parametrize("name", prompts.names())
def test_every_prompt_declares_just_what_it_uses(name: str) -> None:
    prompt = load(name)

    assert prompt.variables == set(re.findall(r"\{\{\s*(\w+)\s*\}\}", prompt.system + prompt.user))
    assert prompt.purpose
    assert prompt.user


@pytest.mark.parametrize("name", prompts.names())
def test_no_prompt_has_a_date_or_a_word_of_the_environment(name: str) -> None:
    prompt = load(name)

    examples_aside = prompt.system.replace("(Doe et al., 2024)", "")
    assert ENVIRONMENT.findall(examples_aside + prompt.user) == []


@pytest.mark.parametrize("name", prompts.names())
def test_the_hash_is_that_of_the_file(name: str) -> None:
    content = files("prompts").joinpath(f"{name}.md").read_bytes()

    assert load(name).sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", prompts.names())
def test_every_prompt_renders_without_a_rest(name: str) -> None:
    prompt = load(name)
    rendered = prompt.render(**{variable: f"<{variable}>" for variable in prompt.variables})

    assert "{{" not in rendered.system + rendered.user
    assert all(f"<{variable}>" in rendered.system + rendered.user for variable in prompt.variables)


def test_variables_are_put_in_wherever_they_stand() -> None:
    assert parse("test", FILE).render(one="1", two="2") == ("Rules of 1.", "2 and 1.")


@pytest.mark.parametrize(
    ("values", "named"),
    [({"one": "1"}, "two"), ({}, "one, two"), ({"one": "1", "two": "2", "three": "3"}, "three")],
)
def test_a_missing_or_unknown_variable_is_refused_by_name(values: dict[str, str], named: str) -> None:
    with pytest.raises(PromptError, match=named):
        parse("test", FILE).render(**values)


@settings(max_examples=200)
@given(st.text(max_size=30), st.sampled_from(["{{one}}", "{{two}}", "{{ question }}", "{{", r"\1 \g<0>", "}}"]))
def test_a_value_that_looks_like_a_variable_stays_text(text: str, hole: str) -> None:
    value = f"{text}{hole}"

    assert parse("test", FILE).render(one="1", two=value).user == f"{value} and 1."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no front matter",
        FILE.replace("[one, two]", "[one]"),
        FILE.replace("[one, two]", "[one, two, three]"),
        FILE.replace("purpose: to test\n", ""),
        FILE.replace("purpose", "model: x\npurpose"),
        FILE.replace("## user", "## you"),
        FILE.replace("## system\n", ""),
        FILE.replace("purpose: to test\nvariables: [one, two]", "- purpose"),
    ],
)
def test_a_malformed_prompt_is_refused(text: str) -> None:
    with pytest.raises(PromptError, match="prompt test"):
        parse("test", text)


def test_a_prompt_without_variables_may_say_so_with_nothing() -> None:
    text = "---\npurpose: to test\nvariables:\n---\n## system\nA\n## user\nB\n"

    assert parse("test", text).render() == ("A", "B")
