"""Prompt files: `prompts/NAME.md`, where NAME may lead through a folder (`judge/rubric`), and their rendering.

A file begins with front matter between `---` lines that states its purpose and its
variables. The body has a part `## system` and a part `## user`; `{{name}}` stands for a
variable. Rendering refuses a missing and an unknown variable, and puts values in once: a
value that holds `{{name}}` stays text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import yaml

_PARTS = re.compile(r"\A---\n(?P<front>.*?)\n---\n\s*## system\n(?P<system>.*?)\n## user\n(?P<user>.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class PromptError(ValueError):
    """A prompt file that is malformed, or a rendering that does not fit its variables."""


class Rendered(NamedTuple):
    """What is sent: the rules, and the task."""

    system: str
    user: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file. `sha256` is the hash of its text; transcripts record it."""

    name: str
    purpose: str
    variables: frozenset[str]
    system: str
    user: str
    sha256: str

    def render(self, **values: str) -> Rendered:
        """The prompt with its variables put in; a `PromptError` unless `values` has just those."""
        if missing := self.variables - values.keys():
            raise PromptError(f"prompt {self.name} lacks {', '.join(sorted(missing))}")
        if unknown := values.keys() - self.variables:
            raise PromptError(f"prompt {self.name} has no variable {', '.join(sorted(unknown))}")
        return Rendered(*(_VARIABLE.sub(lambda match: values[match[1]], part) for part in (self.system, self.user)))


@cache
def load(name: str) -> Prompt:
    """The prompt of this name."""
    return parse(name, files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Prompt:
    """The prompt that `text` writes; a `PromptError` where declared and used variables differ."""
    parts = _PARTS.match(text)
    if not parts:
        raise PromptError(f"prompt {name} needs front matter, a part `## system` and a part `## user`")
    front = yaml.safe_load(parts["front"])
    if not isinstance(front, dict) or set(front) != {"purpose", "variables"}:
        raise PromptError(f"the front matter of prompt {name} needs purpose and variables, and nothing else")
    declared = frozenset(front["variables"] or ())
    system, user = parts["system"].strip(), parts["user"].strip()
    used = frozenset(_VARIABLE.findall(system + user))
    if declared != used:
        raise PromptError(f"prompt {name}: declared and used variables differ: {sorted(declared ^ used)}")
    return Prompt(name, front["purpose"], declared, system, user, hashlib.sha256(text.encode()).hexdigest())


def names() -> list[str]:
    """The names of all prompts, those in folders among them."""
    return sorted(_names(files("prompts"), ""))


def _names(folder: Traversable, path: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _names(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(".md"):
            yield path + entry.name.removesuffix(".md")
