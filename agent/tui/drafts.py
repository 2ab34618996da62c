"""What was written and not sent, and the scope that was set, for each session; kept in one small file."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

NEW = "new"
"""The name of a session that has no file yet."""
_KEPT = 200
"""Sessions whose drafts are kept; the ones longest unused are forgotten first."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text in the prompt and the scope of the chat."""

    text: str = ""
    scope: str = ""


class Drafts:
    """The drafts in a file; one that is damaged or missing is as good as empty: nothing stored rests on it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, name: str) -> Draft:
        """The draft of a session."""
        item = self._read().get(name, {})
        text, scope = item.get("text", ""), item.get("scope", "")
        return Draft(text, scope) if isinstance(text, str) and isinstance(scope, str) else Draft()

    def set(self, name: str, draft: Draft) -> None:
        """Keeps a draft, or forgets it where it is empty. Raises OSError where the file cannot be written."""
        held = self._read()
        known = held.pop(name, None)
        if draft == Draft() and known is None:
            return
        if draft != Draft():
            held[name] = asdict(draft)
        kept = dict(list(held.items())[-_KEPT:])
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, made = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        os.replace(made, self.path)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return (
            {name: item for name, item in content.items() if isinstance(item, dict)}
            if isinstance(content, dict)
            else {}
        )
