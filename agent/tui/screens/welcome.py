"""First steps: the demo, a key, an endpoint of one's own, or papers. None is needed: without, answers are quoted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from agent import settings
from agent.errors import UsageError
from agent.tui.house import Dialog, app_of, explained, newest, soon
from agent.tui.messages import LibraryChanged, Told
from store.text import printable

if TYPE_CHECKING:
    from agent.llm.models import ModelChoice
    from store.library import Step

QUESTION = "What success rate does Goedel-Prover reach on miniF2F?"
"""What the demo has ready to be asked."""
OLLAMA = "http://localhost:11434/v1"
_PORTS = "Ollama :11434, llama.cpp :8080, LM Studio :1234, vLLM :8000"
_INTRODUCTION = "Without a model, answers are quoted from your papers."
_TIPS = (
    "Tab leads to an answer; there n walks through its citations",
    "/scope year:2024- narrows your questions to some of the papers",
    "Quote mode needs no key; /mode goes back to it at any time",
)


class Way(Static):
    """A way to begin, by Enter or by a click."""

    BINDINGS = [Binding("enter", "take", show=False)]  # noqa: RUF012 - as Textual declares it

    class Taken(Message):
        """The user takes this way."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, name: str, title: str, *, key: str = " ", more: str = "", can_focus: bool = True) -> None:
        super().__init__(id=f"way-{name}", markup=False)
        self._way = name
        self._key = key
        self._title = title
        self._more = more
        self.can_focus = can_focus

    def render(self) -> Content:
        """Key and title, and what it does; with the focus on it all in the colour of the cursor."""
        glyphs = app_of(self).glyphs
        if self.has_focus:
            return Content(f"{glyphs.selected} {self._key}  {self._title}  {self._more}")
        key, title = (f"{glyphs.not_selected} {self._key}  ", "bold $cite"), (self._title, "bold")
        return Content.assemble(key, title, (f"  {self._more}", "$muted"))

    def action_take(self) -> None:
        """Takes it."""
        self.post_message(self.Taken(self._way))

    def on_click(self) -> None:
        """Takes it."""
        self.action_take()


class KeyInput(Input):
    """A line for a key: it is not shown, and cannot be copied out again."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(password=True, placeholder=placeholder, compact=True, id="key", classes="-first")

    @property
    def selected_text(self) -> str:
        """Nothing, whatever is selected."""
        return ""

    @property
    def _value(self) -> Text:
        """A sign for each letter, as Textual has it, but one that ASCII mode has too."""
        return Text(app_of(self).glyphs.bullet * len(self.value), no_wrap=True, overflow="ignore", end="")


class WelcomeScreen(Dialog[None]):
    """Asks how to begin. What is kept here is kept in the user's settings; what failed is not, unless it is wished."""

    WHAT = "Begin with the demo, a key, a local endpoint, or your own papers."
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("1", "way('demo')", show=False),
        Binding("2", "way('key')", show=False),
        Binding("3", "way('endpoint')", show=False),
        Binding("4", "way('papers')", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = "#way-demo"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - as Textual declares it
    SCOPED_CSS = False  # its own rules name the app's ASCII mode as well
    DEFAULT_CSS = """
    WelcomeScreen { align: center middle; }
    #first-steps { width: 78; max-width: 100%; height: 24; max-height: 100%; padding: 0 2; }
    #first-steps { background: $surface; border: round $border; }
    App.-ascii #first-steps { border: ascii $border; }
    #first-title { height: 1; text-style: bold; }
    #ways { height: 1fr; overflow-y: auto; scrollbar-size-vertical: 1; }
    #introduction { height: auto; margin-bottom: 1; color: $muted; }
    Way { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: clip; }
    Way:focus { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
    .way-fields { height: 1; margin: 0 0 0 5; }
    .way-label { width: 9; height: 1; }
    .way-label.-second { width: 8; padding-left: 2; }
    .way-fields Input { width: 4fr; background: $panel; }
    .way-fields Input.-first { width: 5fr; }
    #way-ports { height: auto; margin: 0 0 0 5; color: $muted; }
    #way-key, #way-endpoint, #way-papers { margin-top: 1; }
    #way-keep { display: none; }
    #step-said { height: 2; }
    #step-said.wrong { color: $weak; }
    #tips { height: auto; border-top: solid $border-blurred; color: $muted; }
    App.-ascii #tips { border-top: ascii $border-blurred; }
    WelcomeScreen.-low #tips { display: none; }
    #first-keys { height: 1; color: $muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_adding = False
        self._tried: dict[str, str] = {}
        """The endpoint and the model that were tried last, and failed."""

    def compose(self) -> ComposeResult:
        """The ways, one below the other; what came of them; tips."""
        chosen = self.house.desk.settings
        address, model = chosen.text("base_url"), chosen.text("model")
        kept = "one is set; empty keeps it" if chosen.api_key else "it is not shown"
        bullet = self.house.glyphs.bullet
        with Vertical(id="first-steps"):
            yield Static("First steps", id="first-title", markup=False)
            with Vertical(id="ways"):
                yield Static(_INTRODUCTION, id="introduction", markup=False)
                yield Way("demo", "Try the demo", key="1", more="it brings papers and a question")
                yield Way("key", "Use a key for OpenAI", key="2", can_focus=False)
                with Horizontal(classes="way-fields"):
                    yield Static("Key", classes="way-label", markup=False)
                    yield KeyInput(kept)
                    yield Static("Model", classes="way-label -second", markup=False)
                    yield Input(
                        "" if address else model, placeholder="such as gpt-5-mini", compact=True, id="key-model"
                    )
                yield Way("endpoint", "Use a local endpoint", key="3", can_focus=False)
                with Horizontal(classes="way-fields"):
                    yield Static("Address", classes="way-label", markup=False)
                    yield Input(address or OLLAMA, compact=True, id="address", classes="-first")
                    yield Static("Model", classes="way-label -second", markup=False)
                    yield Input(model if address else "", placeholder="the one it has", compact=True, id="model")
                yield Static(_PORTS, id="way-ports", markup=False)
                yield Way("keep", "Keep it anyway", more="though it did not answer")
                yield Way("papers", "Add a file or folder of your own", key="4")
                yield Way("close", "Not now", more="/setup leads here again")
            yield Static(id="step-said", markup=False)
            yield Static("\n".join(f"{bullet} {tip}" for tip in _TIPS), id="tips", markup=False)
            yield Static("Next: Tab or arrows  Take it: Enter  Close: Esc", id="first-keys", markup=False)

    # Taking a way

    @on(Way.Taken)
    def _taken(self, message: Way.Taken) -> None:
        self.action_way(message.name)

    @on(Input.Submitted, "#key, #key-model")
    def _key_submitted(self) -> None:
        self._work(self._keep_key)

    @on(Input.Submitted, "#address, #model")
    def _endpoint_submitted(self) -> None:
        self._work(self._try_endpoint)

    @on(Input.Changed, "#address, #model")
    def _changed(self) -> None:
        self._offer_to_keep({})

    def action_way(self, name: str) -> None:
        """Takes a way, or goes to where it begins."""
        match name:
            case "demo":
                self._begin_demo()
            case "key":
                self.query_one("#key").focus()
            case "endpoint":
                self.query_one("#address").focus()
            case "keep":
                self._work(self._keep_endpoint)
            case "papers":
                self.dismiss(None)
                self.house.add_papers("")
            case _:
                self.dismiss(None)

    def _work(self, step: Callable[[], Awaitable[None]]) -> None:
        newest(self, "step", partial(self._carry_out, step))

    async def _carry_out(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - the edge of a worker: every error is said in the dialog
            self._say(explained(error))

    def _say(self, told: Told | str) -> None:
        told = Told(told) if isinstance(told, str) else told
        line = self.query_one("#step-said", Static)
        line.set_class(told.severity == "error", "wrong")
        line.update(Content(printable(f"{told.text}; {told.hint}" if told.hint else told.text)))

    def _line(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    # The demo

    def _begin_demo(self) -> None:
        if not self._is_adding:
            self._is_adding = True
            soon(self.house, "add", self._add_demo)  # it outlives the dialog

    async def _add_demo(self) -> None:
        import seeds

        house = self.house

        def on_step(step: Step) -> None:
            house.call_later(
                self._show_step, f"{step.stage} {step.done:,}" + (f" of {step.total:,}" if step.total else "")
            )

        self._show_step("opening the library")
        try:
            report = await house.desk.adding.read(lambda library: library.add([seeds.FOLDER], progress=on_step))
        except Exception as error:  # noqa: BLE001 - the edge of a worker: every error becomes a notice
            told = explained(error)
            if self.is_attached:
                self._say(told)
            house.post_message(told)
            return
        finally:
            self._is_adding = False
            house.call_later(house.say_beside, "demo", "")  # behind the last step
            for screen in house.screen_stack:
                screen.post_message(LibraryChanged())
        self._put_ready(report.papers)

    def _show_step(self, text: str) -> None:
        self.house.say_beside("demo", f"the demo: {text}")
        if self.is_attached and self._is_adding:
            self._say(f"adding the papers of the demo: {text}")

    def _put_ready(self, papers: int) -> None:
        """Puts the question into the prompt, unless something else is written there."""
        prompt = self.house.chat.prompt.area
        is_free = not prompt.text.strip()
        if is_free:
            prompt.replace_text(QUESTION)
        said = "Enter asks the question in the prompt" if is_free else f"ask, for example: {QUESTION}"
        self.house.post_message(Told(f"the demo is there: {papers:,} papers", said))
        if self.is_current:
            self.dismiss(None)
        elif self.is_attached:
            self._say(said)

    # A model

    async def _keep_key(self) -> None:
        """Keeps the key and the model. Neither is tried, as that would cost money."""
        line = self.query_one("#key", Input)
        key, model = line.value.strip(), self._line("key-model")
        if not key and not self.house.desk.settings.api_key:
            line.focus()
            raise UsageError("there is no key yet", "paste it; it is kept in a file that only you can read")
        if not model:
            self.query_one("#key-model").focus()
            raise UsageError("no model is named", "write its name, such as gpt-5-mini")
        await self._settle({"model": model, "base_url": ""}, key)
        line.clear()
        if key and self.house.desk.settings.api_key != key:
            self.house.post_message(Told("the key is kept", "but OPENAI_API_KEY is set, and overrules it", "warning"))

    async def _try_endpoint(self) -> None:
        from agent.llm import trial  # not needed before

        desk = self.house.desk
        choice = self._choice()
        self._offer_to_keep({})
        key = ", with your key," if choice.api_key else ""
        self._say(f"asking {choice.address}{key} which models it has, and one of them for a word")
        values = {"base_url": str(choice.base_url), "model": choice.name}
        try:
            outcome = await desk.asking.run(lambda: trial.run(choice))
        except Exception:
            self._offer_to_keep(values)
            raise
        if outcome.model:
            self.query_one("#model", Input).value = outcome.model
            await self._settle({**values, "model": outcome.model})
        else:
            self._choose(choice.address, outcome.offered)

    def _choice(self) -> ModelChoice:
        from agent.llm.models import ModelChoice
        from agent.llm.trial import PATIENCE

        desk = self.house.desk
        address = self._line("address")
        address = address if "://" in address else f"http://{address}"
        settings.check("base_url", settings.Value(address, "the line above"))
        choice = ModelChoice(self._line("model"), address, desk.settings.api_key, PATIENCE)
        if desk.options.offline and not choice.is_local:
            raise UsageError(f"--offline excludes {choice.host}", "start it without --offline")
        return choice

    def _choose(self, address: str, models: tuple[str, ...]) -> None:
        from agent.tui.screens.choosing import ChooseDialog

        def take(model: str | None) -> None:
            if model:
                self.query_one("#model", Input).value = model
                self._work(self._try_endpoint)

        self._say(f"{address} has {len(models)} models; name one of them")
        self.app.push_screen(ChooseDialog("Which model?", models), take)

    def _offer_to_keep(self, values: dict[str, str]) -> None:
        self._tried = values
        self.query_one("#way-keep").display = bool(values)
        self.query_one("#way-ports").display = not values

    async def _keep_endpoint(self) -> None:
        if not self._tried.get("model"):
            self.query_one("#model").focus()
            raise UsageError("no model is named", "write the name of the one to be asked")
        await self._settle(self._tried)

    async def _settle(self, values: Mapping[str, str], key: str = "") -> None:
        """Keeps settings, and has them in force from now on, whatever else overrules them the next time."""
        house, desk = self.house, self.house.desk
        if house.chat.asked:
            raise UsageError("an answer is being made", "wait for it, or stop it with Esc")
        if desk.settings.text("mode") == "quote":
            values = {**values, "mode": "auto"}

        def write() -> None:
            from agent import settings_file

            if key:
                settings_file.remember_key(key)
            settings_file.remember(values)

        await desk.browsing.call(write)
        desk.reload()
        for name, text in values.items():
            in_force = desk.settings.values[name]
            if in_force.text != text:
                desk.change(name, text)
                house.post_message(Told(f"{name} is changed for now", f"{in_force.origin} overrules it", "warning"))
        house.chat.show_mode()
        self._settled(values["model"], desk.settings.shown("base_url"))

    def _settled(self, model: str, address: str) -> None:
        """Goes back to the chat, where there are papers to ask about."""
        told = Told(
            f"answers come from {model}", f"questions and evidence are sent to {address or 'OpenAI, at api.openai.com'}"
        )
        self._offer_to_keep({})
        if self.house.chat.status.papers == 0:
            self._say(Told(f"{told.text}; {told.hint}", "now add papers: 1 or 4"))
            self.query_one("#way-demo").focus()
        else:
            self.house.post_message(told)
            self.dismiss(None)
