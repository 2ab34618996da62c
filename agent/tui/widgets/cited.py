"""Markdown in which citation marks are live: they can be clicked, and the selected one stands out.

Of Markdown there is only what Citeloom itself writes: no links, images, HTML or references, so
that nothing in a paper's or a model's text is ever more than text. A mark is taken for one
before escapes are undone: `\\[3.8\\]` in an abstract stays what it is.
"""

from __future__ import annotations

import re
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from textual.content import Content, Span
from textual.message import Message
from textual.style import Style
from textual.widgets import Markdown
from textual.widgets._markdown import MarkdownBlock, MarkdownParagraph

from store.text import printable

_MARK = re.compile(r"\[(\d{1,4}\.\d{1,4})\]")
_FLAG = re.compile(r"\*\((weak|uncited)\)\*")
_CITE = "cite:"
_NEVER = ("link", "image", "autolink", "html_inline", "html_block", "reference", "lheading", "code")


def parser() -> MarkdownIt:
    """The Markdown that answers and summaries are written in."""
    made = MarkdownIt("commonmark").enable("table").disable(list(_NEVER))
    made.inline.ruler.before("emphasis", "citation", _citation)
    return made


def _citation(state: StateInline, silent: bool) -> bool:
    """Takes a mark or a flag at the current position."""
    if match := _MARK.match(state.src, state.pos):
        if not silent:
            opening = state.push("link_open", "a", 1)
            opening.attrs = {"href": f"{_CITE}{match[1]}"}
            state.push("text", "", 0).content = match[0]
            state.push("link_close", "a", -1)
    elif match := _FLAG.match(state.src, state.pos):
        if not silent:
            state.push("s_open", "s", 1)
            state.push("text", "", 0).content = f"({match[1]})"
            state.push("s_close", "s", -1)
    else:
        return False
    state.pos = match.end()
    return True


class CitedParagraph(MarkdownParagraph):
    """A paragraph whose marks show which of them is selected."""

    auto_links = False  # Textual's own look of a link would cover ours

    def _token_to_content(self, token: Token) -> Content:
        return cast(CitedMarkdown, self._markdown).dressed(super()._token_to_content(token))

    async def _update_from_block(self, block: MarkdownBlock) -> None:
        await super()._update_from_block(block)
        self._inline_token = block._inline_token

    def dress_again(self) -> None:
        """Shows another selection, if the paragraph has marks at all."""
        if self._inline_token and any(True for _ in _places(self._content)):
            self.build_from_token(self._inline_token)


class CitedMarkdown(Markdown):
    """An answer, or a section of a summary, to read and to walk through."""

    BLOCKS = {**Markdown.BLOCKS, "paragraph_open": CitedParagraph}  # noqa: RUF012 - as Textual declares it

    class Cited(Message):
        """A mark was clicked; `place` is such as `3.8`."""

        def __init__(self, markdown: CitedMarkdown, place: str) -> None:
            super().__init__()
            self.markdown = markdown
            self.place = place

    def __init__(self, markdown: str = "", *, classes: str | None = None) -> None:
        super().__init__(printable(markdown), parser_factory=parser, open_links=False, classes=classes)
        self.selected = ""
        """The place that stands out."""

    def select(self, place: str) -> None:
        """Makes the marks of `place` stand out, and no others."""
        if place != self.selected:
            self.selected = place
            for paragraph in self.query(CitedParagraph):
                paragraph.dress_again()

    def dressed(self, content: Content) -> Content:
        """`content` with its marks styled."""
        looks = self.app.theme_variables
        plain = f"{looks['cite-style'].replace('none', '')} $cite"
        selected = f"{looks['cite-selected-style']} $cite-selected on $cite-selected-background"
        styled = [
            Span(span.start, span.end, selected if place == self.selected else plain)
            for place, span in _places(content)
        ]
        return Content(content.plain, spans=[*content.spans, *styled]) if styled else content

    def paragraph_of(self, place: str) -> CitedParagraph | None:
        """The first paragraph that has a mark of `place`."""
        for paragraph in self.query(CitedParagraph):
            if any(found == place for found, _ in _places(paragraph._content)):
                return paragraph
        return None

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """Passes a click on; there are no links of another kind."""
        event.stop()
        event.prevent_default()
        if event.href.startswith(_CITE):
            self.post_message(self.Cited(self, event.href.removeprefix(_CITE)))


def _places(content: Content) -> list[tuple[str, Span]]:
    """The marks of a paragraph and where they stand."""
    found = []
    for span in content.spans:
        click = span.style.meta.get("@click", "") if isinstance(span.style, Style) else ""
        if match := re.fullmatch(rf"link\('{_CITE}([\d.]+)'\)", str(click)):
            found.append((match[1], span))
    return found
