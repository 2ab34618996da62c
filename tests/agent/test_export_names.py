"""Names of authors in parts: as reference managers sort them, with nothing lost."""

from __future__ import annotations

import pytest

from agent.export.names import Name, parse


@pytest.mark.parametrize(
    ("printed", "parts"),
    [
        ("Chi Jin", Name("Jin", "Chi")),
        ("Jin, Chi", Name("Jin", "Chi")),
        ("Michael I. Jordan", Name("Jordan", "Michael I.")),
        ("Johannes van der Waals", Name("Waals", "Johannes", "van der")),
        ("van der Waals, Johannes", Name("Waals", "Johannes", "van der")),
        ("Guy Van den Broeck", Name("Broeck", "Guy", "Van den")),
        ("Luc Van Gool", Name("Gool", "Luc Van")),
        ("van Gogh", Name("Gogh", "", "van")),
        ("Maria del", Name("del", "Maria")),
        ("John Lee Jr.", Name("Lee", "John", "", "Jr.")),
        ("Lee, John, Jr.", Name("Lee", "John", "", "Jr.")),
        ("Lee, Jr., John", Name("Lee", "John", "", "Jr.")),
        ("John Lee, III", Name("Lee", "John", "", "III")),
        ("Garcia Marquez, Gabriel", Name("Garcia Marquez", "Gabriel")),
        ("danah boyd", Name("boyd", "danah")),
    ],
)
def test_a_person_is_taken_apart_in_whatever_order_the_name_is_printed(printed: str, parts: Name) -> None:
    assert parse(printed) == parts


@pytest.mark.parametrize(
    "printed",
    [
        "Deyuan",
        "OpenAI",
        "DeepSeek-AI",
        "The ATLAS Collaboration",
        "Google Research Team",
        "Centre for Health, Oslo",
        "Food and Agriculture Organization",
        "王伟",
        "Lee,",
        "A, B, C, D",
        "One, Two, Three",
    ],
)
def test_what_is_no_person_in_parts_stays_whole(printed: str) -> None:
    assert parse(printed) == Name(literal=printed)


def test_braces_say_that_a_name_is_one() -> None:
    assert parse("{Barnes and Noble}") == Name(literal="Barnes and Noble")
    assert parse("{}") == Name(literal="{}")
