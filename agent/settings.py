"""One Settings object; every value knows where it came from.

flag > CITELOOM_* > nearest citeloom.toml > user config.toml > default. Unknown names are
errors. Secrets come from the environment or a file that only its owner can read. The keys of
actions stand in a table `[keys]`, merged action by action; which actions there are, the screens know.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from agent.errors import SettingsError
from store.embedding import BUILT_IN, EmbedderChoice

PROJECT_FILE = "citeloom.toml"
USER_FILE = "config.toml"
KEYS_FILE = "keys.toml"
HOME_VARIABLE = "CITELOOM_HOME"


class Setting(NamedTuple):
    """A setting: its dotted name, what it is for, and its default as text."""

    name: str
    help: str
    default: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "CITELOOM_" + self.name.upper().replace(".", "_")


class Value(NamedTuple):
    """A setting's value and where it came from, for `config show --origin`."""

    text: str
    origin: str


SETTINGS = (
    Setting("library", "folder of the library", ""),
    Setting("mode", "how questions are answered: auto, model or quote", "auto"),
    Setting("model", "model for model mode, or PROVIDER:MODEL of another provider", ""),
    Setting("base_url", "address of the model's OpenAI-compatible endpoint; empty for OpenAI's own", ""),
    Setting("hits", "how many papers a search shows", "10"),
    Setting("theme", "colours of the screens: auto, dark, light or ansi", "auto"),
    Setting("submit", "key that sends a question: enter or ctrl+j; the other one begins a new line", "enter"),
    Setting("ascii", "draw the screens with ASCII characters alone: yes or no", "no"),
    Setting("animations", "let things move on the screens: yes or no", "yes"),
    Setting("notify", "ring the bell when an answer comes after long work: yes or no", "yes"),
    Setting("embedding.model", f"{BUILT_IN}, or a model of an OpenAI-compatible endpoint", BUILT_IN),
    Setting("embedding.base_url", "address of that endpoint", ""),
    Setting("limits.calls", "calls of a model for one answer", "8"),
    Setting("limits.tokens", "tokens of one answer, of the prompts and of the replies together", "40000"),
    Setting("limits.seconds", "seconds for one answer", "180"),
    Setting("limits.cost_usd", "US dollars for one answer, where the price is known; 0 for no limit", "0"),
    Setting("limits.silence", "seconds that an endpoint may be silent", "60"),
    Setting("vectors.server", "address of a Chroma server; empty for the one inside the library", ""),
)
NUMBERS = {
    "hits": (1, 100),
    "limits.calls": (1, 1000),
    "limits.tokens": (1000, 100_000_000),
    "limits.seconds": (1, 86_400),
    "limits.cost_usd": (0, 1_000_000),
    "limits.silence": (1, 3600),
}
FLAGS = ("ascii", "animations", "notify")
_WHOLE_NUMBERS = ("hits", "limits.calls", "limits.tokens")
_NAMES = tuple(setting.name for setting in SETTINGS)
_ADDRESSES = ("base_url", "embedding.base_url", "vectors.server")
_KEY_GOES_TO = ("base_url", "embedding.base_url")
_ADDRESS = re.compile(r"https?://[^\s/?#]+(?:/\S*)?")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_CHOICES = {
    "mode": ("auto", "model", "quote"),
    "theme": ("auto", "dark", "light", "ansi"),
    "submit": ("enter", "ctrl+j"),
    **dict.fromkeys(FLAGS, ("yes", "no")),
}
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)
_KEYS = "keys."
_ACTION = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_KEY = re.compile(r"(?:[a-z]+\+)*(?:[a-z0-9_]+|\S)")
"""A key's name, after any modifiers. A provider's `sk-…` is none: it is refused here, not shown."""


class Content(NamedTuple):
    """What one file says: settings, and keys by the names of their actions."""

    values: dict[str, Value]
    keys: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has settled; `values` has every setting with its origin."""

    values: Mapping[str, Value]
    api_key: str | None = None
    keys: Mapping[str, Value] = field(default_factory=dict)
    """The keys of actions, as `f6,ctrl+n`. A name may be that of no action: the screens check it."""

    def __repr__(self) -> str:
        return f"Settings({dict(self.values)!r})"

    def text(self, name: str) -> str:
        """The value of a setting as text."""
        return self.values[name].text

    def shown(self, name: str) -> str:
        """The value of a setting fit to be shown: a password inside an address is left out."""
        return _without_password(self.text(name))

    @property
    def listed(self) -> dict[str, Value]:
        """Every setting and every key of an action, as `keys.NAME`, fit to be shown."""
        named = {**self.values, **{_KEYS + name: value for name, value in self.keys.items()}}
        return {name: Value(_without_password(value.text), value.origin) for name, value in named.items()}

    @property
    def library(self) -> Path:
        """The folder of the library."""
        chosen = self.text("library")
        try:
            return Path(chosen).expanduser() if chosen else data_folder() / "library"
        except RuntimeError as error:
            raise SettingsError(f"there is no folder {chosen}: {error}", "write the whole path") from error

    @property
    def hits(self) -> int:
        """How many papers a search shows."""
        return int(self.text("hits"))

    def number(self, name: str) -> float:
        """The value of a setting that is a number."""
        return float(self.text(name))

    def flag(self, name: str) -> bool:
        """Whether a setting that is yes or no is yes."""
        return self.text(name) == "yes"

    @property
    def embedder(self) -> EmbedderChoice:
        """The embedder to use."""
        return EmbedderChoice(self.text("embedding.model"), self.text("embedding.base_url") or None, self.api_key)

    @property
    def server(self) -> str | None:
        """The Chroma server, where one is to be used."""
        return self.text("vectors.server") or None


def load(flags: Mapping[str, str], start: Path | None = None) -> Settings:
    """The settings in force, for a command with these flags started in folder `start`."""
    values = {setting.name: Value(setting.default, "default") for setting in SETTINGS}
    keys: dict[str, Value] = {}
    for path in (config_folder() / USER_FILE, _project_file(start)):
        if path and path.is_file():
            content = parsed(path)
            values.update(content.values)
            keys.update(content.keys)
    for name in _KEY_GOES_TO:
        if not values[name].text and (address := os.environ.get("OPENAI_BASE_URL")):
            values[name] = Value(address, "OPENAI_BASE_URL")
    _refuse_unknown_variables()
    for setting in SETTINGS:
        if text := os.environ.get(setting.variable):
            values[setting.name] = Value(text, setting.variable)
    for name, text in flags.items():
        values[name] = Value(text, f"--{name.rsplit('.', 1)[-1].replace('_', '-')}")
    for name, value in values.items():
        check(name, value)
    key = _api_key()
    if key:
        for name in _KEY_GOES_TO:
            _keep_key_from(name, values[name])
    return Settings(values, key, keys)


def config_folder() -> Path:
    """Where config.toml and keys.toml are looked for."""
    return _home("config") or _platform_path("user_config_path")


def data_folder() -> Path:
    """Where the library is, unless it is named."""
    return _home("data") or _platform_path("user_data_path")


def sessions_folder() -> Path:
    """Where conversations are kept."""
    return data_folder() / "sessions"


def summaries_folder() -> Path:
    """Where the finished parts of summaries are kept."""
    return data_folder() / "summaries"


def log_folder() -> Path:
    """Where tracebacks are kept."""
    return _home("log") or _platform_path("user_log_path")


def template() -> str:
    """A config.toml that names every setting, with its default, commented out."""
    lines = ["# Settings of Citeloom. Secrets do not belong here: set OPENAI_API_KEY, or write keys.toml (mode 600)."]
    table = ""
    for setting in SETTINGS:
        head, _, name = setting.name.rpartition(".")
        if head != table:
            lines.append(f"\n[{head}]")
            table = head
        default = setting.default if setting.name in NUMBERS else f'"{setting.default}"'
        if setting.name in FLAGS:
            default = "true" if setting.default == "yes" else "false"
        lines.append(f"# {setting.help}\n# {name} = {default}")
    lines.append('\n[keys]\n# the key of an action, or several in a list\n# "session.new" = ["ctrl+g", "ctrl+n"]')
    return "\n".join(lines) + "\n"


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]+@", "//***@", text)


def _refuse_unknown_variables() -> None:
    known = [HOME_VARIABLE, *(setting.variable for setting in SETTINGS)]
    for name in os.environ:
        if name.startswith("CITELOOM_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the ones there are: {', '.join(known)}"
            raise SettingsError(f"there is no setting {name}", hint)


def _home(part: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser() / part if home else None


def _platform_path(kind: str) -> Path:
    import platformdirs  # not needed where CITELOOM_HOME says it all

    path: Path = getattr(platformdirs, kind)("citeloom", appauthor=False)
    return path


def _keep_key_from(name: str, address: Value) -> None:
    """A folder that somebody else made may not decide where the key is sent, unless it stays on this machine."""
    host = urlsplit(address.text).hostname
    if f"{PROJECT_FILE}:" in address.origin and host not in _LOOPBACK:
        raise SettingsError(
            f"{address.origin}: a project's file may not send your key to {host}",
            f"set {name} in {config_folder() / USER_FILE}, or in {Setting(name, '', '').variable}",
        )


def _project_file(start: Path | None) -> Path | None:
    try:
        start = start or Path.cwd()
    except OSError:  # the folder is gone
        return None
    folders = [start, *start.parents]
    return next((folder / PROJECT_FILE for folder in folders if (folder / PROJECT_FILE).is_file()), None)


def parsed(path: Path, text: str | None = None) -> Content:
    """What a file says, or would say with this text; unknown names and secrets are refused, values not checked."""
    try:
        text = path.read_text(encoding="utf-8") if text is None else text
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", "mend the file, or move it away") from error
    found = Content({}, {})
    seen: set[str] = set()
    for name, value in flattened(content):
        place = f"{path}:{_line_of(text, name)}"
        if name in seen:
            raise SettingsError(f"{place}: {name} is set twice", "leave one of the two")
        seen.add(name)
        if name.startswith(_KEYS):
            found.keys[name.removeprefix(_KEYS)] = Value(_keys_of(name, value, place), place)
            continue
        check_name(name, place)
        said = _text_of(name, value)
        found.values[name] = Value(_beside(path, said) if name == "library" and said else said, place)
    return found


def flattened(content: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """The dotted names of a TOML file with their values; a name comes twice if it is written in two ways."""
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _text_of(name: str, value: object) -> str:
    if name in FLAGS and isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")  # never 1e-06
    return str(value)


def _beside(path: Path, folder: str) -> str:
    """A folder that a file names is relative to the file."""
    try:
        return str(path.parent / Path(folder).expanduser())
    except RuntimeError:  # there is no such user; whoever wants the library is told
        return folder


def _keys_of(name: str, value: object, place: str) -> str:
    if not _ACTION.fullmatch(name):
        raise SettingsError(f"{place}: a name in [keys] is no name of an action", 'write it as "session.new"')
    given = value if isinstance(value, list) else [value]
    keys = [key.strip() for text in given for key in (text.split(",") if isinstance(text, str) else [""])]
    if not keys or not all(_KEY.fullmatch(key) and key.isprintable() for key in keys):
        raise SettingsError(f"{place}: {name} is no key", 'write a key as "f6", several as ["f6", "ctrl+n"]')
    return ",".join(keys)


def _line_of(text: str, name: str) -> int:
    """The line on which a dotted name is set, in its own table or written out."""
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            table = re.sub(r"[\"']", "", header[1]) + "."
        elif (said := re.match(r"\s*([\w.\"'-]+)\s*=", line)) and table + re.sub(r"[\"']", "", said[1]) == name:
            return number
    return 1


def check_name(name: str, place: str = "") -> None:
    """A `SettingsError` unless there is a setting of this name; it says the place."""
    if name in _NAMES:
        return
    where = f"{place}: " if place else ""
    if name == "keys":
        raise SettingsError(f"{where}keys is a table", 'write [keys] and below it: "session.new" = "f6"')
    if _SECRET.search(name):
        raise SettingsError(
            f"{where}{name} looks like a secret",
            f"take it out; set OPENAI_API_KEY, or put it into {config_folder() / KEYS_FILE} with mode 600",
        )
    near = difflib.get_close_matches(name, _NAMES, n=1)
    hint = f"did you mean {near[0]}?" if near else "see `citeloom config show` for the names"
    raise SettingsError(f"{where}there is no setting {name}", hint)


def check(name: str, value: Value) -> None:
    """A `SettingsError` unless the setting may have this value."""
    choices = _CHOICES.get(name)
    if choices and value.text not in choices:
        near = difflib.get_close_matches(value.text, choices, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(choices)}"
        raise SettingsError(f"{name} is {value.text!r} ({value.origin})", hint)
    if name in _ADDRESSES and value.text and not _ADDRESS.fullmatch(value.text):
        raise SettingsError(f"{name} is no address ({value.origin})", "write it as http://HOST:PORT")
    if name in NUMBERS:
        low, high = NUMBERS[name]
        form = r"[0-9]{1,9}" if name in _WHOLE_NUMBERS else r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
        if not (re.fullmatch(form, value.text) and low <= float(value.text) <= high):
            raise SettingsError(f"{name} is {value.text!r} ({value.origin})", f"give a number from {low} to {high}")


def _api_key() -> str | None:
    if key := os.environ.get("OPENAI_API_KEY"):
        return key
    path = config_folder() / KEYS_FILE
    if not path.is_file():
        return None
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"{path} can be read by others", f"run: chmod 600 {path}")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # Not chained: the parser's message could show a piece of the key.
        raise SettingsError(f"{path} cannot be read", 'write it as: openai_api_key = "..."') from None
    key = content.get("openai_api_key")
    return key if isinstance(key, str) else None
