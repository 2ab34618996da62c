"""The table of keys in the README is the one that the registry makes."""

from __future__ import annotations

import re

from agent.tui import keyboard
from tests.conftest import REPOSITORY

_TABLE = re.compile(r"<!-- keys -->\n+(.*?)\n*<!-- /keys -->", re.DOTALL)


def test_the_readme_has_the_keys_as_they_are() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    tables = _TABLE.findall(readme)
    assert len(tables) == 1, "the table stands once, between <!-- keys --> and <!-- /keys -->"
    assert tables[0].strip() == keyboard.to_markdown({}).strip(), "paste what `citeloom keys --format markdown` prints"
