"""The five page dumps that are Citeloom's first corpus, as they came."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""The folder that holds them."""
