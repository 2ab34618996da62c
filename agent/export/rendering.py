"""An answer's Markdown as HTML: its marks become links, and nothing else becomes an attribute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from agent.export.pandoc import MARK

Link = Callable[[int, int], str]
"""The HTML of the mark of a paper's number and a sentence's; empty where there is no such citation."""

_LINK = "link"
_DISABLED = ["link", "image", "autolink", "html_inline", "html_block", "reference"]
_FIRST_HEADING = 3
"""Headings of an answer stand below its question, which is of level 2."""


def to_html(marked: str, link: Link) -> str:
    """`marked` as HTML, with `link` writing its citation marks."""
    parser = _parser()
    env = {_LINK: link}
    return str(parser.renderer.render(_without_attributes(parser.parse(marked, env)), parser.options, env))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).disable(_DISABLED)
    parser.inline.ruler.before("link", "citation", _read_mark)
    parser.add_render_rule("citation", _write_mark)
    return parser


def _read_mark(state: StateInline, silent: bool) -> bool:
    """A rule of the parser: takes a mark that stands in the text itself, neither escaped nor in code."""
    found = MARK.match(state.src, state.pos)
    html = state.env[_LINK](int(found[1]), int(found[2])) if found else ""
    if not found or not html:
        return False
    if not silent:
        state.push("citation", "", 0).content = html
    state.pos = found.end()
    return True


def _write_mark(renderer: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    del renderer, options, env
    return tokens[place].content


def _without_attributes(tokens: list[Token]) -> list[Token]:
    """The tokens with headings of a lower level, and without what would become an attribute."""
    for token in tokens:
        token.info, attributes = "", token.attrs
        attributes.clear()
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + _FIRST_HEADING - 1, 6)}"
    return tokens
