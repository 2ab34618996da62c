"""The parts of the chat screen, as what is built on it sees them."""

from __future__ import annotations

from agent.tui.house import House
from agent.tui.widgets.prompt import Prompt
from agent.tui.widgets.sources import SourcesPane
from agent.tui.widgets.status import StatusLine
from agent.tui.widgets.transcript import Transcript


class Talk(House):
    """A screen with transcript, prompt, sources and status line."""

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        return self.query_one(Prompt)

    @property
    def transcript(self) -> Transcript:
        """The transcript."""
        return self.query_one(Transcript)

    @property
    def sources(self) -> SourcesPane:
        """The sources pane."""
        return self.query_one(SourcesPane)

    @property
    def status(self) -> StatusLine:
        """The status line."""
        return self.query_one(StatusLine)

    async def ask(self, text: str) -> None:
        """Asks a question; raises what is wrong with it before anything is sent."""
        raise NotImplementedError
