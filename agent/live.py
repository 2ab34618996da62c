"""An answer while it is being written: text as it comes, every mark resolved, every claim checked when it is whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent import events
from agent.citations import find_marks, without_unfinished_mark
from agent.claims import Piece, cut
from agent.verification import Judged, Verifier, write, write_unrated

_UNFINISHED_MARKUP = re.compile(r"[*_`]+$")
_UNFINISHED_LINE = re.compile(r"(?:^|\n)[ \t]*(?:[-*+=~#>]+|\d{1,3}[.)]?)[ \t]*$")
"""The beginning of a line that may become a list mark, a heading or a rule."""
_STRUCTURE = re.compile(r"[^\w ,()'’-]")
"""What may end a sentence or be part of a mark or of markup: anything but words."""

_KEPT_OPEN = 3
"""So many pieces at the end may still change, such as by a mark that follows a full stop."""
_SURELY_BEGUN = 25
"""Characters after which a sentence does not turn out to be the end of the one before."""


class LiveText:
    """Tells a listener of a growing text.

    What was told is only ever added to. Where a later word changes how an earlier sentence
    is cut, no more is told; the end of the answer brings the whole text anyway. Only the last
    sentences are cut again, and only where more than words has come.
    """

    def __init__(self, verifier: Verifier, listener: events.Listener) -> None:
        self._verifier = verifier
        self._listener = listener
        self._begin()

    def _begin(self) -> None:
        self._told = ""
        self._closed = ""
        """The beginning of the text that is judged for good."""
        self._closed_shown = ""
        self._claims_told = 0
        """How many claims after the closed part were told."""
        self._verdicts = 0
        """How many claims were told in all."""
        self._told_up_to: int | None = None
        """Where in the text the told part ends, if nothing before that is held back."""

    def update(self, text: str) -> None:
        """Takes the whole text so far; an empty one takes back what was told."""
        if not text:
            self.restart("the model is asked again")
        elif self._told_up_to is not None and not _STRUCTURE.search(text, self._told_up_to):
            self._tell(self._told + text[self._told_up_to :].rstrip())
            self._told_up_to = len(text.rstrip())
        else:
            self._cut_again(text)

    def finish(self, text: str) -> tuple[Judged, ...]:
        """Takes the text as it stands at the end of the reply, tells what is left of it, and returns its pieces."""
        judged = self._verifier.judge(text)
        self._tell(write(text, judged).rstrip())
        for claim in [item.claim for item in judged if item.claim][self._verdicts :]:
            self._listener(events.Verified(claim))
        return judged

    def restart(self, reason: str) -> None:
        """Takes back what was told, if anything was."""
        if self._told:
            self._listener(events.Restarted(reason))
        self._begin()

    def _cut_again(self, text: str) -> None:
        visible = _UNFINISHED_LINE.sub("", _UNFINISHED_MARKUP.sub("", without_unfinished_mark(text)))
        if not visible.startswith(self._closed):  # the text is another one
            self._closed = self._closed_shown = ""
        rest = visible[len(self._closed) :]
        whole, open_piece = _parted(rest)
        judged = self._verifier.judge_pieces(whole)
        shown = self._closed_shown + write(rest, judged)
        grows_on = False
        if open_piece:
            raw = rest[open_piece.start : open_piece.end]
            settled = _settled(raw)
            grows_on = settled == raw and len(raw) >= _SURELY_BEGUN and raw[-1].isalnum()
            shown += write_unrated(settled, {})
        in_step = self._tell(shown.rstrip())
        self._told_up_to = len(text.rstrip()) if in_step and grows_on and visible == text else None
        self._verified(judged)
        if len(judged) > 2 * _KEPT_OPEN:
            self._close(rest, judged[:-_KEPT_OPEN])

    def _close(self, rest: str, judged: Sequence[Judged]) -> None:
        """Takes pieces for good: they are not cut again."""
        self._closed += rest[: judged[-1].piece.end]
        self._closed_shown += write(rest, judged)
        self._claims_told -= sum(item.claim is not None for item in judged)

    def _tell(self, shown: str) -> bool:
        """Tells what is new in `shown`; whether all of it is told now."""
        if not shown.startswith(self._told):
            return False
        if shown != self._told:
            self._listener(events.Delta(shown[len(self._told) :]))
            self._told = shown
        return True

    def _verified(self, judged: Sequence[Judged]) -> None:
        claims = [item.claim for item in judged if item.claim]
        for claim in claims[self._claims_told :]:
            self._listener(events.Verified(claim))
            self._verdicts += 1
        self._claims_told = max(self._claims_told, len(claims))


def _settled(raw: str) -> str:
    """`raw` up to its first mark: what that comes to is known when the claim is whole and rated."""
    return raw[: next((mark.start for mark in find_marks(raw)), len(raw))]


def _parted(text: str) -> tuple[list[Piece], Piece | None]:
    """The pieces that are whole, and the claim at the end that may still grow."""
    pieces = cut(text)
    while pieces and pieces[-1].kind == "other" and not pieces[-1].words:
        pieces.pop()
    return (pieces[:-1], pieces[-1]) if pieces else ([], None)
