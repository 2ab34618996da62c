"""The one registry of actions: what can be done, where, with which keys and under which slash command.

It feeds the bindings, the command palette, the footer, the slash commands, the help,
`citeloom keys`, and the table of keys in the README. What an action does is the method
`action_NAME` of its place, the dots of its name replaced by underscores; one with a slash
command takes what stands behind it as its argument.

    everywhere    the app
    chat, library, summary, sessions, evals    that screen
    reading       the chat screen, while the transcript or the sources have the focus
    prompt        the prompt, while one writes
    dialog        any dialog
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from textual.binding import Binding, BindingType

Place = Literal[
    "everywhere", "chat", "prompt", "reading", "library", "papers", "summary", "sessions", "evals", "runs", "dialog"
]
PLACES: tuple[Place, ...] = get_args(Place)
_TARGET: dict[Place, str] = {
    "everywhere": "app.",
    "prompt": "",
    "reading": "screen.",
    "papers": "screen.",
    "runs": "screen.",
}
"""Where Textual looks for the method; of a screen's own actions it is the screen itself."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done. `keys` are the defaults; the user's settings may name others."""

    name: str
    place: Place
    title: str
    keys: tuple[str, ...] = ()
    slash: str = ""
    argument: str = ""
    """What may stand behind the slash command, for its hint."""
    help: str = ""
    """More than the title says, where there is more."""
    footer: str = ""
    """What the footer calls it; empty where it is not in the footer."""
    in_palette: bool = True

    @property
    def method(self) -> str:
        """The name of the method that carries it out."""
        return f"action_{self.name.replace('.', '_')}"

    @property
    def call(self) -> str:
        """The action as Textual's bindings and `run_action` name it."""
        return _TARGET.get(self.place, "") + self.name.replace(".", "_")


def _everywhere() -> Iterator[Action]:
    yield Action(
        "app.help",
        "everywhere",
        "Help",
        ("f1", "question_mark"),
        "help",
        footer="help",
        help="keys and commands of this screen",
    )
    yield Action("app.palette", "everywhere", "Command palette", ("ctrl+p",), in_palette=False)
    yield Action("app.quit", "everywhere", "Quit", ("ctrl+q",), "quit", help="the draft and the session are kept")
    yield Action("go.chat", "everywhere", "Chat", ("f2",))
    yield Action("go.library", "everywhere", "Library", ("f3",), "papers", "[FILTER]", footer="library")
    yield Action("go.sessions", "everywhere", "Sessions", ("f5",), "sessions", "[WORDS]", footer="sessions")
    yield Action("go.summary", "everywhere", "Topic summary", ("f8",), "topic", "[TOPIC]", footer="summary")
    yield Action("go.evals", "everywhere", "Evals", ("f10",), "evals")
    yield Action("app.theme", "everywhere", "Theme", (), "theme", "[auto|dark|light|ansi]", "the next one, or this one")
    yield Action("app.model", "everywhere", "Model", (), "model", "[NAME]", "choose it, or say which one it is")
    yield Action("app.mode", "everywhere", "Mode", (), "mode", "[auto|model|quote]", "choose it, or change it")
    yield Action("app.settings", "everywhere", "Settings", (), "settings", help="every setting and where it comes from")
    yield Action("app.setup", "everywhere", "First steps", (), "setup", help="a key, a local endpoint, or the demo")
    yield Action("app.diagnostics", "everywhere", "Diagnostics", ("f12",), help="versions, paths, the last error")


def _chat() -> Iterator[Action]:
    yield Action(
        "answer.stop", "chat", "Stop", ("escape",), in_palette=False, help="the answer; else back to the prompt"
    )
    yield Action("session.new", "chat", "New session", ("ctrl+n",), "new")
    yield Action("session.open", "chat", "Open a session", (), "open", "ID")
    yield Action("session.rename", "chat", "Rename this session", (), "rename", "TITLE")
    yield Action("session.fork", "chat", "Fork this session", (), "fork", "[TURN]", "a copy up to that turn")
    yield Action("session.undo", "chat", "Take the last turn back", (), "undo")
    yield Action("session.redo", "chat", "Bring the turn back", (), "redo")
    yield Action("session.clear", "chat", "Clear the view", (), "clear", help="the turns stay in the session")
    yield Action("scope.edit", "chat", "Scope", ("ctrl+t",), "scope", "[SCOPE | off]", "such as year:2024- author:Lin")
    yield Action("papers.add", "chat", "Add papers", (), "add", "[PATH]")
    yield Action("chat.export", "chat", "Export", ("ctrl+s",), "export", "[FORMAT] [FILE]", "this session")
    yield Action("answer.copy", "chat", "Copy the answer", (), "copy", "[TURN]", help="its text and references")
    yield Action("answer.again", "chat", "Ask again", (), "regen", help="the last question, in the mode of now")
    yield Action("tokens.show", "chat", "Tokens and cost", (), "tokens")
    yield Action("sources.toggle", "chat", "Sources", ("f9",), "sources", footer="sources", help="show or hide them")


def _prompt() -> Iterator[Action]:
    yield Action("prompt.send", "prompt", "Send", ("enter",), in_palette=False)
    yield Action("prompt.newline", "prompt", "New line", ("ctrl+j", "alt+enter", "shift+enter"), in_palette=False)
    yield Action(
        "prompt.complete", "prompt", "Complete, or to the answer", ("tab",), footer="to the answer", in_palette=False
    )
    yield Action("prompt.earlier", "prompt", "Earlier question", ("up",), in_palette=False, help="on the first line")
    yield Action("prompt.later", "prompt", "Later question", ("down",), in_palette=False, help="on the last line")
    yield Action("prompt.history", "prompt", "Search the history", ("ctrl+r",), in_palette=False)
    yield Action("prompt.page_up", "prompt", "Scroll the transcript up", ("pageup",), in_palette=False)
    yield Action("prompt.page_down", "prompt", "Scroll the transcript down", ("pagedown",), in_palette=False)
    yield Action("prompt.editor", "prompt", "Write in your editor", ("f4",), in_palette=False)


def _reading() -> Iterator[Action]:
    yield Action("cite.next", "reading", "Next citation", ("n",), footer="next")
    yield Action("cite.previous", "reading", "Citation before", ("N",))
    yield Action(
        "cite.number",
        "reading",
        "Source by number",
        tuple("123456789"),
        in_palette=False,
        help="that paper's sentences, one after the other",
    )
    yield Action("cite.expand", "reading", "Whole source", ("enter",), footer="source")
    yield Action("cite.open", "reading", "Open the paper's page", ("o",), footer="page")
    yield Action("cite.copy", "reading", "Copy quotation and reference", ("y",), footer="copy")
    yield Action("turn.copy", "reading", "Copy the answer", ("Y",))
    yield Action("turn.next", "reading", "Next turn", ("right_square_bracket",))
    yield Action("turn.previous", "reading", "Turn before", ("left_square_bracket",))
    yield Action("turn.again", "reading", "Ask again", ("r",))
    yield Action("turn.edit", "reading", "Ask differently, in a fork", ("E",))
    yield Action("turn.fork", "reading", "Fork here", ("F",))
    yield Action("turn.pager", "reading", "Answer in your pager", ("v",))
    yield Action("scope.widen", "reading", "Widen the scope", ("w",))
    yield Action("reading.add", "reading", "Add papers", ("a",))
    yield Action("scroll.down", "reading", "Line down", ("j", "down"), in_palette=False)
    yield Action("scroll.up", "reading", "Line up", ("k", "up"), in_palette=False)
    yield Action("scroll.top", "reading", "To the top", ("g", "home"), in_palette=False)
    yield Action("scroll.end", "reading", "To the end", ("G", "end"), in_palette=False)
    yield Action("scroll.half_down", "reading", "Half a page down", ("ctrl+d",), in_palette=False)
    yield Action("scroll.half_up", "reading", "Half a page up", ("ctrl+u",), in_palette=False)


def _library() -> Iterator[Action]:
    yield Action("library.add", "library", "Add a file or folder", ("ctrl+o",), footer="add")
    yield Action("library.export", "library", "Export", ("ctrl+s",), help="the picked papers, or those listed")
    yield Action("library.undo", "library", "Bring removed papers back", ("ctrl+z",))
    yield Action("library.leave", "library", "Back", ("escape",), in_palette=False)
    yield Action("papers.filter", "papers", "Filter", ("slash",), footer="filter")
    yield Action("papers.open", "papers", "Details", ("enter",), footer="details")
    yield Action("papers.pick", "papers", "Pick", ("space",), footer="pick")
    yield Action("papers.pick_all", "papers", "Pick all, or none", ("A",))
    yield Action("papers.scope", "papers", "Ask the picked papers", ("c",), footer="ask these")
    yield Action("papers.sort", "papers", "Sort by the next column", ("s",))
    yield Action("papers.reverse", "papers", "Other way round", ("S",))
    yield Action("papers.remove", "papers", "Remove", ("x", "delete"))
    yield Action("papers.url", "papers", "Open the paper's page", ("o",))
    yield Action("papers.copy", "papers", "Copy the reference", ("y",))
    yield Action("papers.down", "papers", "Line down", ("j",), in_palette=False)
    yield Action("papers.up", "papers", "Line up", ("k",), in_palette=False)


def _summary() -> Iterator[Action]:
    yield Action("summary.topic", "summary", "Another topic", ("slash",), footer="topic")
    yield Action("summary.next", "summary", "Next section", ("right_square_bracket",), footer="section")
    yield Action("summary.previous", "summary", "Section before", ("left_square_bracket",))
    yield Action("summary.cite_next", "summary", "Next citation", ("n",), footer="next")
    yield Action("summary.cite_previous", "summary", "Citation before", ("N",))
    yield Action("summary.expand", "summary", "Whole source", ("enter",))
    yield Action("summary.open", "summary", "Open the paper's page", ("o",))
    yield Action("summary.copy", "summary", "Copy quotation and reference", ("y",))
    yield Action("summary.export", "summary", "Export", ("ctrl+s",), footer="export")
    yield Action("summary.stop", "summary", "Stop, or back", ("escape",), in_palette=False)


def _sessions() -> Iterator[Action]:
    yield Action("sessions.open", "sessions", "Open", ("enter",), footer="open", in_palette=False)
    yield Action("sessions.search", "sessions", "Search", ("slash",), footer="search", in_palette=False)
    yield Action("sessions.rename", "sessions", "Rename", ("r",), footer="rename", in_palette=False)
    yield Action("sessions.fork", "sessions", "Fork", ("f",), footer="fork", in_palette=False)
    yield Action("sessions.delete", "sessions", "Delete", ("x", "delete"), footer="delete", in_palette=False)
    yield Action("sessions.undo", "sessions", "Bring back", ("u",), footer="bring back", in_palette=False)


def _evals() -> Iterator[Action]:
    yield Action("evals.leave", "evals", "Back", ("escape",), in_palette=False)
    yield Action("evals.reload", "evals", "Read again", ("ctrl+l",), footer="read again")
    yield Action("runs.open", "runs", "Open", ("enter",), footer="open")
    yield Action("runs.failed", "runs", "Only what went wrong", ("f",), footer="what went wrong")


def _dialog() -> Iterator[Action]:
    yield Action("dialog.close", "dialog", "Close", ("escape",), in_palette=False)


_GROUPS = (_everywhere, _chat, _prompt, _reading, _library, _summary, _sessions, _evals, _dialog)
ACTIONS: tuple[Action, ...] = tuple(action for group in _GROUPS for action in group())
BY_NAME = {action.name: action for action in ACTIONS}
SLASH = {action.slash: action for action in ACTIONS if action.slash}


def bindings(place: Place, only: str = "") -> list[BindingType]:
    """The bindings of a place, or of one of its actions, for the `BINDINGS` of its widget, screen or app."""
    wanted = (action for action in ACTIONS if action.place == place and only in ("", action.name))
    return [binding for action in wanted for binding in _bound(action)]


def _bound(action: Action) -> Iterator[Binding]:
    if action.name == "cite.number":  # the key itself is the argument
        for key in action.keys:
            yield Binding(key, f"{action.call}('{key}')", action.title, show=False, id=f"{action.name}.{key}")
    elif action.keys:
        keys = ",".join(action.keys)
        yield Binding(keys, action.call, action.footer or action.title, show=bool(action.footer), id=action.name)


def nearest_slash(word: str) -> str | None:
    """The slash command that was perhaps meant."""
    near = difflib.get_close_matches(word, SLASH, n=1, cutoff=0.5)
    return near[0] if near else None


def matching_slash(word: str) -> list[Action]:
    """The slash commands that begin with `word`, in alphabetical order."""
    return [SLASH[name] for name in sorted(SLASH) if name.startswith(word)]
