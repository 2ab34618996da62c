"""Conversations on disk: one append-only file a session, and the check of what its answers cite."""

from __future__ import annotations

from agent.sessions.folder import Sessions, Summary
from agent.sessions.history import Turn
from agent.sessions.session import Session

__all__ = ["Session", "Sessions", "Summary", "Turn"]
