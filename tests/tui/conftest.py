"""What the tests of the screens share."""

from __future__ import annotations

from tests.agent.conftest import shelf_folder

__all__ = ["shelf_folder"]
