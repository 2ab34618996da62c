"""The finished parts of a summary on disk, so that a run that broke off is taken up again.

A folder a summary, a JSON file a part. The folder's name is a hash of all that decides what
the parts say: topic, scope, writer, and the gathered papers with their abstracts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.errors import CiteloomError

KEPT = 20
"""So many summaries' parts are kept; the longest unused go first."""


class Progress:
    """The finished parts of one summary, under `root`."""

    def __init__(self, root: Path, identity: Mapping[str, Any]) -> None:
        text = json.dumps(identity, ensure_ascii=False, sort_keys=True)
        self.folder = root / hashlib.sha256(text.encode()).hexdigest()[:24]

    def load(self, name: str) -> dict[str, Any] | None:
        """The part `name`, or None where it is not there or cannot be read: it is then written again."""
        try:
            content = json.loads(self._path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) else None

    def save(self, name: str, content: Mapping[str, Any]) -> None:
        """Writes the part `name`, whole or not at all."""
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True, mode=0o700)
                _forget_oldest(self.folder.parent)
            handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".new")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(content, file, ensure_ascii=False)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self._path(name))
            finally:
                Path(temporary).unlink(missing_ok=True)
            os.utime(self.folder)
        except OSError as error:
            raise CiteloomError(
                f"a finished part of the summary cannot be kept in {self.folder}: {error.strerror}",
                "free some space, or check the folder's permissions",
            ) from error

    def remove(self) -> None:
        """Forgets every part."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _forget_oldest(root: Path) -> None:
    """Removes what is more than `KEPT` folders, the longest unused first."""
    with contextlib.suppress(OSError):  # another run may be removing the same
        folders = sorted((path for path in root.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
        for folder in folders[:-KEPT]:
            shutil.rmtree(folder, ignore_errors=True)
