"""Where the traceback of an error that nobody foresaw is kept; no front end ever shows one."""

from __future__ import annotations

import datetime
import traceback
from pathlib import Path

from agent import settings

FILE = "errors.log"


def keep(error: BaseException) -> Path | None:
    """Writes the traceback down; returns the file, or None where it cannot be written."""
    folder = settings.log_folder()
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"--- {datetime.datetime.now(datetime.UTC).isoformat()}\n")
            log.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return path
