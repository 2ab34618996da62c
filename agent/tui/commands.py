"""Slash commands, and the command palette; both are fed by the registry of actions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape
from textual.screen import Screen

from agent.errors import UsageError
from agent.tui.actions import ACTIONS, SLASH, Action, Place, nearest_slash
from agent.tui.keyboard import shown
from agent.tui.keymap import keys_of

if TYPE_CHECKING:
    from agent.tui.app import CiteloomApp


class SlashCommand(NamedTuple):
    """A slash command as it was written."""

    action: Action
    argument: str


def parse(text: str) -> SlashCommand | None:
    """The slash command that `text` is; None where it is a question.

    A blank before the slash makes it a question. Raises `UsageError`, with the nearest
    name, where there is no such command.
    """
    if not text.startswith("/"):
        return None
    name, _, argument = text[1:].partition(" ")
    action = SLASH.get(name.strip().lower())
    if action is None:
        near = nearest_slash(name.lower())
        hint = (
            f"did you mean /{near}?" if near else "/help names them all; a blank before the slash asks it as a question"
        )
        raise UsageError(f"there is no command /{name.strip()}", hint)
    return SlashCommand(action, argument.strip())


def places_of(screen: Screen[object]) -> tuple[Place, ...]:
    """The places whose actions can be carried out on a screen."""
    return ("everywhere", *getattr(screen, "PLACES", ()))


class ActionProvider(Provider):
    """The actions of the screen, by title."""

    @property
    def _offered(self) -> list[Action]:
        places = places_of(self.screen)
        return [action for action in ACTIONS if action.in_palette and action.place in places]

    async def discover(self) -> Hits:
        """All of them."""
        for action in self._offered:
            yield DiscoveryHit(
                _shown(action), partial(self._carry_out, action), text=action.title, help=self._help(action)
            )

    async def search(self, query: str) -> Hits:
        """Those whose title or slash command matches."""
        matcher = self.matcher(query)
        for action in self._offered:
            text = _shown(action)
            if (score := matcher.match(text)) > 0:
                yield Hit(
                    score, matcher.highlight(text), partial(self._carry_out, action), text=text, help=self._help(action)
                )

    def _help(self, action: Action) -> str:
        """More than the title says, and the keys that are in force; Textual takes brackets in it for markup."""
        keys = ", ".join(shown(key) for key in keys_of(action, cast("CiteloomApp", self.app).keys))
        return escape("  ".join(part for part in (action.help, keys) if part))

    async def _carry_out(self, action: Action) -> None:
        place = self.app if action.place == "everywhere" else self.screen
        await self.app.run_action(action.call.rsplit(".", 1)[-1], place)


def _shown(action: Action) -> str:
    return f"{action.title} (/{action.slash})" if action.slash else action.title
