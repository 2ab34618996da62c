"""The prompt: where questions and slash commands are written."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from agent.tui.actions import Action, bindings, matching_slash
from agent.tui.house import app_of

MOST_HINTS = 6


class PromptArea(TextArea):
    """The text of the prompt. One key sends, the others make a new line; what is pasted is never sent."""

    BINDINGS = bindings("prompt")

    class Sent(Message):
        """The text was sent, as it stood; it stays in the prompt until it is `taken`."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class HistoryWanted(Message):
        """The user wants to search the history."""

    class EditorWanted(Message):
        """The user wants to write in an editor of their own."""

    class PageWanted(Message):
        """The transcript is to be scrolled: a page down, or up with -1."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__(
            id="prompt", soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False
        )
        self.earlier: list[str] = []
        """Earlier questions, the latest first."""
        self._back = 0
        """How many questions back the one that is shown stands; 0 for the draft."""
        self._draft = ""

    async def _on_key(self, event: events.Key) -> None:
        """Enter is what its binding says; TextArea, whose own handler comes next, would make a new line of it."""
        if event.key == "enter":
            event.prevent_default()

    def replace_text(self, text: str) -> None:
        """Shows `text`, the cursor behind it."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    def action_prompt_send(self) -> None:
        """Sends the text, unless there is none, or makes a new line where another key is to send."""
        if app_of(self).desk.settings.text("submit") == "enter":
            self._send()
        else:
            self.insert("\n")

    def action_prompt_newline(self) -> None:
        """Makes a new line, or sends where ctrl+j is to send."""
        if app_of(self).desk.settings.text("submit") == "enter":
            self.insert("\n")
        else:
            self._send()

    def _send(self) -> None:
        if self.text.strip():
            self.post_message(self.Sent(self.text))

    def action_prompt_complete(self) -> None:
        """Completes a slash command; where there is none, the focus goes on."""
        word = self._slash_word()
        matching = matching_slash(word) if word is not None else []
        if not matching:
            # At once, and not by a message: the next key may be on its way already.
            self.screen.set_focus(self.screen.query_one("#transcript"))
            return
        names = [action.slash for action in matching]
        first, last = names[0], names[-1]  # in order: what these two share, all share
        common = next(size for size in range(len(first), -1, -1) if last.startswith(first[:size]))
        self.replace_text(f"/{first} " if len(names) == 1 else f"/{first[:common]}")

    def action_prompt_earlier(self) -> None:
        """The question before, on the first line; elsewhere the cursor goes up."""
        if self.navigator.is_first_wrapped_line(self.cursor_location) and self._back < len(self.earlier):
            if self._back == 0:
                self._draft = self.text
            self._back += 1
            self.replace_text(self.earlier[self._back - 1])
        else:
            self.action_cursor_up()

    def action_prompt_later(self) -> None:
        """The question after, on the last line; elsewhere the cursor goes down."""
        if self._back and self.navigator.is_last_wrapped_line(self.cursor_location):
            self._back -= 1
            self.replace_text(self.earlier[self._back - 1] if self._back else self._draft)
        else:
            self.action_cursor_down()

    def action_prompt_history(self) -> None:
        """Asks for a search of the history."""
        self.post_message(self.HistoryWanted())

    def action_prompt_page_up(self) -> None:
        """Scrolls the transcript a page up; the prompt itself is never that long."""
        self.post_message(self.PageWanted(-1))

    def action_prompt_page_down(self) -> None:
        """Scrolls the transcript a page down."""
        self.post_message(self.PageWanted(1))

    def action_prompt_editor(self) -> None:
        """Asks for an editor."""
        self.post_message(self.EditorWanted())

    def taken(self, text: str) -> None:
        """Takes away what was sent; what was typed behind it meanwhile stays."""
        self.replace_text(self.text.removeprefix(text))

    def remember(self, question: str) -> None:
        """Takes a question into the history, and begins a new draft."""
        if question in self.earlier:
            self.earlier.remove(question)
        self.earlier.insert(0, question)
        self._back, self._draft = 0, ""

    def _slash_word(self) -> str | None:
        """What is being written of a slash command's name; None where it is no command."""
        text = self.text
        return text[1:] if text.startswith("/") and not any(char.isspace() for char in text) else None


class Prompt(Vertical):
    """The prompt and, while a slash command is written, what it may become."""

    DEFAULT_CLASSES: ClassVar[str] = "prompt-box"

    def compose(self) -> ComposeResult:
        """Hints above, text below."""
        yield Static(id="prompt-hints", markup=False)
        yield PromptArea()

    def on_mount(self) -> None:
        """No hints yet."""
        self.query_one("#prompt-hints").display = False

    @property
    def area(self) -> PromptArea:
        """The text."""
        return self.query_one(PromptArea)

    def on_text_area_changed(self) -> None:
        """Shows which slash commands begin so."""
        text = self.area.text
        name = text[1:].split(" ")[0].split("\n")[0] if text.startswith("/") else None
        hints = self.query_one("#prompt-hints", Static)
        matching = matching_slash(name) if name is not None else []
        if " " in text:
            matching = [action for action in matching if action.slash == name]
        lines = [_hint(action) for action in matching[:MOST_HINTS]]
        if more := len(matching) - len(lines):
            lines.append(Content(f"and {more} more").stylize("$muted"))
        hints.update(Content("\n").join(lines))
        hints.display = bool(lines)


def _hint(action: Action) -> Content:
    usage = f"/{action.slash} {action.argument}".strip()
    return Content.assemble((usage, "bold"), f"  {action.title}")
