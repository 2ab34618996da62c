"""The app: its screens, its looks, and what can be done everywhere."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.command import CommandPalette, Provider
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from agent import faultlog, settings
from agent.errors import CiteloomError, UsageError
from agent.tui import keymap, themes
from agent.tui.actions import Action, bindings
from agent.tui.commands import ActionProvider
from agent.tui.desk import Desk, Options
from agent.tui.drafts import Drafts
from agent.tui.glyphs import ASCII, UNICODE, AsciiScrollBar, Glyphs
from agent.tui.house import explained, soon
from agent.tui.keyboard import shown
from agent.tui.messages import Told
from agent.tui.screens.chat import ChatScreen
from agent.tui.services import Services
from store.errors import LibraryError

_THEMES = ("auto", "dark", "light", "ansi")
_WATCH = 5.0
"""Seconds between looks whether the server is still there."""
_MODES = ("auto", "model", "quote")


class CiteloomApp(Services, App[None]):
    """Chat with a library of papers, and see the sentence behind every claim."""

    TITLE = "Citeloom"
    CSS_PATH = Path(__file__).with_name("citeloom.tcss")
    BINDINGS = bindings("everywhere")
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ActionProvider}
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "f24"  # ours comes from the registry

    def __init__(self, options: Options | None = None) -> None:
        """Raises `SettingsError` where the settings cannot be used."""
        self.desk = Desk(options, lambda text, hint: self._tell_later(text, hint))
        if os.environ.get("NO_COLOR") == "":
            del os.environ["NO_COLOR"]  # set but empty asks for nothing; Textual counts it
        no_colour = themes.has_no_colour(os.environ)
        super().__init__(ansi_color=True if no_colour else None)
        self.drafts = Drafts(settings.data_folder() / "drafts.json")
        self.glyphs: Glyphs = ASCII if self.desk.settings.flag("ascii") else UNICODE
        self.crash: Exception | None = None
        """What ended the app, where nobody foresaw it."""
        self.told: list[str] = []
        """The last notices, for the diagnostics."""
        self.keys: Mapping[str, str] = {}
        """The user's own keys, by the names of actions."""
        self._has_offered = False

    def get_key_display(self, binding: Binding) -> str:
        """A key as it is written everywhere: in words that any terminal has."""
        return binding.key_display or shown(binding.key)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables under themes that are not ours."""
        return themes.defaults(self.current_theme)

    def on_mount(self) -> None:
        """Looks and keys as the settings have them; then the chat."""
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        self.theme = themes.choose(self.desk.settings.text("theme"), os.environ)
        self.set_class(self.glyphs is ASCII, "-ascii")
        ScrollBar.renderer = AsciiScrollBar if self.glyphs is ASCII else ScrollBarRender
        if not self.desk.settings.flag("animations"):
            self.animation_level = "none"
        keys = keymap.read(self.desk.settings.keys)
        self.keys = keys.keymap
        self.set_keymap(keys.keymap)
        self.push_screen(ChatScreen())
        for problem in keys.problems:
            self.post_message(Told(problem.text, problem.hint, "warning"))
        if self.is_web:
            self.set_interval(_WATCH, partial(self._end_as_orphan, os.getppid()))
        if not self.is_headless:
            for number in (signal.SIGTERM, signal.SIGHUP):
                with suppress(NotImplementedError):  # not on Windows
                    asyncio.get_running_loop().add_signal_handler(number, self._end, 128 + number)

    @property
    def chat(self) -> ChatScreen:
        """The chat, which is there as long as the app."""
        return next(screen for screen in self.screen_stack if isinstance(screen, ChatScreen))

    def on_told(self, message: Told) -> None:
        """Shows a notice, and keeps it for the diagnostics."""
        text = f"{message.text}\n{message.hint}" if message.hint else message.text
        self.told = [*self.told[-49:], f"{message.severity}: {text}"]
        self.notify(text, severity=message.severity, timeout=12 if message.severity == "error" else 5, markup=False)

    def _tell_later(self, text: str, hint: str) -> None:
        self.post_message(Told(text, hint, "warning"))

    async def carry_out(self, action: Action, argument: str = "") -> None:
        """Does what a slash command says. Raises what is wrong with it."""
        place: Any = self if action.place == "everywhere" else self.chat
        method = getattr(place, action.method)
        outcome = method(argument) if action.argument else method()
        if isinstance(outcome, Awaitable):
            await outcome

    async def run_action(self, action: Any, default_namespace: Any = None, namespaces: Any = None) -> bool:
        """Carries an action out; an error of it becomes a notice, with the session intact."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except (CiteloomError, LibraryError) as error:
            self.post_message(explained(error))
            return True

    # Going about

    def go(self, name: str) -> Screen[Any]:
        """Shows a screen over the chat, or the chat itself."""
        while len(self.screen_stack) > 1 and not isinstance(self.screen, ChatScreen):
            self.pop_screen()
        if name == "chat":
            return self.chat
        if not self.is_screen_installed(name):
            self.install_screen(_made(name), name)
        self.push_screen(name)
        return self.get_screen(name)

    def action_go_chat(self) -> None:
        """Back to the chat."""
        self.go("chat")
        self.chat.prompt.area.focus()

    def action_go_library(self, argument: str = "") -> None:
        """The library, filtered where an argument says so."""
        from agent.tui.screens.library import LibraryScreen

        screen = self.go("library")
        assert isinstance(screen, LibraryScreen)
        if argument:
            screen.filter(argument)

    def action_go_summary(self, argument: str = "") -> None:
        """The summaries; begins one where an argument names a topic."""
        from agent.tui.screens.summary import SummaryScreen

        screen = self.go("summary")
        assert isinstance(screen, SummaryScreen)
        if argument:
            screen.begin(argument)

    def action_go_evals(self) -> None:
        """The runs of evals."""
        self.go("evals")

    def action_go_sessions(self, argument: str = "") -> None:
        """The switcher of sessions."""
        from agent.tui.screens.sessions import SessionsDialog

        self.go("chat")
        self.push_screen(SessionsDialog(argument), self._switched)

    def _switched(self, name: str | None) -> None:
        if name:
            soon(self.chat, "session", partial(self.chat.open_session, name))

    def action_app_palette(self) -> None:
        """All that can be done here, to be searched."""
        self.push_screen(CommandPalette(placeholder="Search for what to do", id="--command-palette"))

    def action_app_help(self) -> None:
        """What can be done on this screen, and with which keys."""
        from agent.tui.screens.help import help_dialog

        self.push_screen(help_dialog(self.screen, self.keys))

    def action_app_settings(self) -> None:
        """Every setting, and where it comes from."""
        from agent.tui.screens.help import settings_dialog

        self.push_screen(settings_dialog(self.desk.settings))

    def action_app_setup(self) -> None:
        """The first steps."""
        self._has_offered = False
        self.offer_first_steps()

    def action_app_diagnostics(self) -> None:
        """What is installed, where things are, and whether they are sound."""
        from agent.tui.screens.diagnostics import DiagnosticsDialog

        self.push_screen(DiagnosticsDialog())

    def offer_first_steps(self) -> None:
        """Shows the first steps, once a run."""
        if not self._has_offered:
            self._has_offered = True
            from agent.tui.screens.welcome import WelcomeScreen

            self.push_screen(WelcomeScreen())

    # Choices

    def action_app_theme(self, argument: str = "") -> None:
        """Another theme: the one that is named, or the next."""
        current = self.desk.settings.text("theme")
        wanted = argument or _THEMES[(_THEMES.index(current) + 1) % len(_THEMES)]
        self.desk.change("theme", wanted)
        self.theme = themes.choose(wanted, os.environ)
        self.post_message(Told(f"theme: {wanted}"))

    def action_app_mode(self, argument: str = "") -> None:
        """Another way to answer: the one that is named, or the next."""
        current = self.desk.settings.text("mode")
        wanted = argument or _MODES[(_MODES.index(current) + 1) % len(_MODES)]
        self._choose("mode", wanted)
        self.post_message(Told(f"mode {wanted}: {self.chat.status.mode}"))

    def action_app_model(self, argument: str = "") -> None:
        """Another model, or which one it is."""
        if argument:
            self._choose("model", argument)
        name, address = self.desk.settings.text("model"), self.desk.settings.shown("base_url")
        if name:
            self.post_message(Told(f"model {name}", f"at {address}" if address else "at its provider's own address"))
        else:
            self.post_message(Told("no model is chosen; answers are quoted", "/model NAME chooses one, /setup helps"))

    def _choose(self, name: str, text: str) -> None:
        """Changes a setting of the model; where it cannot be used nothing changes."""
        if self.chat.asked:
            raise UsageError("an answer is being made", "wait for it, or stop it with Esc")
        before = self.desk.settings.text(name)
        self.desk.change(name, text)
        try:
            self.desk.new_chat()
        except CiteloomError:
            self.desk.change(name, before)
            raise
        self.chat.show_mode()

    # The end

    def action_app_quit(self) -> None:
        """Quits; the draft is kept, an answer that is being made is stopped and kept as far as it is."""
        self._end(0)

    def _end(self, code: int) -> None:
        self.chat.keep_draft()
        self.desk.stop()
        self.exit(return_code=code)

    def _end_as_orphan(self, server: int) -> None:
        """Quits where the server that shows this app in a browser is gone; nobody would ever close it."""
        if os.getppid() != server:
            self._end(0)

    def _handle_exception(self, error: Exception) -> None:
        if self.crash is None:
            self.crash = error
            faultlog.keep(error)
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Nothing: whoever runs the app says what happened, in two lines."""
        self._exit_renderables.clear()


def _made(name: str) -> Screen[Any]:
    """A screen by its name; imported when it is first wanted."""
    match name:
        case "library":
            from agent.tui.screens.library import LibraryScreen

            return LibraryScreen()
        case "summary":
            from agent.tui.screens.summary import SummaryScreen

            return SummaryScreen()
    from agent.tui.screens.evals import EvalsScreen

    return EvalsScreen()
