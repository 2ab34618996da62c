"""A real browser without a window, driven through the Chrome DevTools Protocol.

The interface draws a terminal on a canvas, so its text is not in the page's own elements: `text` reads the terminal's
buffer, which the page keeps to itself and a script that runs before the page's own gets hold of.

The functions on a websocket drive a page's app without a browser.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import struct
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""The browser of this machine, if it has one."""

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-port=0"
).split()
PATIENCE = 300.0
_CATCH_TERMINAL = """
Object.defineProperty(Object.prototype, "fitAddon", {
    configurable: true,
    set(addon) {
        Object.defineProperty(this, "fitAddon", {value: addon, writable: true});
        window.caughtTerminal = this;
    },
});
"""
_READ_TERMINAL = """
(() => {
    if (!window.caughtTerminal) return document.body ? document.body.innerText : "";
    const terminal = window.caughtTerminal.terminal;
    const rows = Array.from({length: terminal.rows}, (_, row) => terminal.buffer.active.getLine(row));
    return rows.map((row) => (row ? row.translateToString(true) : "")).join("\\n");
})()
"""
_KEY_CODES = {
    "Backspace": 8,
    "Tab": 9,
    "Enter": 13,
    "Escape": 27,
    "PageUp": 33,
    "PageDown": 34,
    "End": 35,
    "Home": 36,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "Delete": 46,
    **{f"F{number}": 111 + number for number in range(1, 13)},
}
_MODIFIERS = {"alt": 1, "ctrl": 2, "shift": 8}


class Browser:
    """A browser with one page, alive inside a `with` block; `profile` is a new folder of its own."""

    def __init__(self, profile: Path, *, width: int = 960, height: int = 600) -> None:
        assert PROGRAM is not None, "there is no Chromium"
        self.requests: list[str] = []
        """The addresses that pages asked for, in order, those of websockets among them."""
        self._ids = 0
        self._session: str | None = None
        self._open = ExitStack()
        self._process = subprocess.Popen(
            [PROGRAM, *_FLAGS, f"--window-size={width},{height}", f"--user-data-dir={profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._connection = self._open.enter_context(self._connect(profile / "DevToolsActivePort"))
            page = self._call("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
            for domain in ("Page", "Network", "Runtime"):
                self._call(f"{domain}.enable")
            self._call("Page.addScriptToEvaluateOnNewDocument", source=_CATCH_TERMINAL)
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, url: str) -> None:
        """Goes to `url`."""
        self._call("Page.navigate", url=url)

    def type(self, text: str) -> None:
        """Types printable characters, one key at a time."""
        for char in text:
            self._key(key=char, text=char)

    def press(self, key: str) -> None:
        """Presses a key by its name in a browser (`Enter`, `F1`, `a`), after its modifiers: `ctrl+shift+a`."""
        *held, name = key.split("+")
        code = _KEY_CODES.get(name) or ord(name.upper())
        text = {"text": "\r"} if name == "Enter" else {}
        modifiers = sum(_MODIFIERS[each] for each in held)
        self._key(key=name, code=name, windowsVirtualKeyCode=code, modifiers=modifiers, **text)

    def text(self) -> str:
        """What the terminal shows, a row a line; the text of a page that has no terminal."""
        return str(self.evaluate(_READ_TERMINAL))

    def wait_for(self, text: str) -> str:
        """Waits until `text` is shown; returns all that is shown with it."""
        return wait(lambda: shown if text in (shown := self.text()) else None, lambda: f"{text!r} in:\n{self.text()}")

    def wait_for_page(self, text: str) -> None:
        """Waits until the page itself, not the terminal in it, shows `text`."""
        script = f"(document.body && document.body.innerText.includes({json.dumps(text)})) || null"
        wait(lambda: "shown" if self.evaluate(script) else None, lambda: repr(text))

    def evaluate(self, script: str) -> Any:
        """What an expression, or a promise, comes to in the page."""
        given = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in given, given["exceptionDetails"]
        return given["result"].get("value")

    def screenshot(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """Ends the browser and all of its processes."""
        self._session = None
        with suppress(ConnectionClosed, TimeoutError):
            self._call("Browser.close")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._end()

    def _end(self) -> None:
        self._open.close()
        # The browser's own processes are one group.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _connect(self, port_file: Path) -> ClientConnection:
        def address() -> str | None:
            assert self._process.poll() is None, f"the browser ended with {self._process.returncode}"
            # Two lines, the second without an end: it may be read half-written.
            lines = port_file.read_text().splitlines() if port_file.exists() else []
            is_whole = len(lines) == 2 and len(lines[1].rpartition("/")[2]) == 36
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}" if is_whole else None

        return connect(
            wait(address, lambda: "the browser's port"),
            proxy=None,
            max_size=None,
            open_timeout=PATIENCE,
            ping_interval=None,
        )

    def _key(self, **event: Any) -> None:
        # A key without text types nothing; the browser tells the page of it all the same.
        self._call("Input.dispatchKeyEvent", type="keyDown" if "text" in event else "rawKeyDown", **event)
        self._call("Input.dispatchKeyEvent", type="keyUp", **{**event, "text": ""})

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._ids += 1
        message = {"id": self._ids, "method": method, "params": parameters}
        self._connection.send(json.dumps({**message, "sessionId": self._session} if self._session else message))
        while True:
            reply = json.loads(self._connection.recv(PATIENCE))
            if reply.get("id") == self._ids:
                assert "error" not in reply, f"{method}: {reply['error']}"
                result: dict[str, Any] = reply["result"]
                return result
            self._note(reply)

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(event["params"]["request"]["url"])
        elif event.get("method") == "Network.webSocketCreated":
            self.requests.append(event["params"]["url"])


def messages(page: ClientConnection) -> Iterator[bytes | str]:
    """What the page is sent: bytes to draw, or a request as JSON."""
    deadline = time.monotonic() + PATIENCE
    while True:
        yield page.recv(deadline - time.monotonic())


def wait_until_shown(page: ClientConnection, text: str) -> list[Any]:
    """Reads what the app draws until `text` is part of it; returns what it asked of the page meanwhile."""
    drawn = b""
    requests = []
    for message in messages(page):
        if isinstance(message, str):
            requests.append(json.loads(message))
        else:
            drawn += message
        if text.encode() in drawn:
            break
    return requests


def wait_until_closed(page: ClientConnection) -> None:
    """Reads until the server closes the page."""
    with pytest.raises(ConnectionClosed):
        for _ in messages(page):
            pass


def submit(page: ClientConnection, text: str) -> None:
    """Types a line."""
    page.send(json.dumps(["stdin", text + "\r"]))


def colours(png: bytes) -> int:
    """How many colours a screenshot has."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    depth = {2: 3, 6: 4}[kind]
    raw = zlib.decompress(b"".join(body for name, body in _chunks(png) if name == b"IDAT"))
    above = bytearray(width * depth)
    found: set[bytes] = set()
    for start in range(0, height * (width * depth + 1), width * depth + 1):
        row = bytearray(raw[start + 1 : start + 1 + width * depth])
        _unfilter(raw[start], row, above, depth)
        found.update(bytes(row[at : at + 3]) for at in range(0, len(row), depth))
        above = row
    return len(found)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        yield name, png[at + 8 : at + 8 + size]
        at += size + 12


def _unfilter(kind: int, row: bytearray, above: bytearray, depth: int) -> None:
    for at in range(len(row)) if kind else ():
        left = row[at - depth] if at >= depth else 0
        corner = above[at - depth] if at >= depth else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _nearest(left, above[at], corner))[kind]
        row[at] = (row[at] + guess) & 255


def _nearest(left: int, up: int, corner: int) -> int:
    return min((left, up, corner), key=lambda each: abs(left + up - corner - each))


def wait(look: Callable[[], str | None], what: Callable[[], str] = lambda: "what was waited for") -> str:
    """What `look` finds, once it finds something; `what` says what that is."""
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"not seen in {PATIENCE:.0f} s: {what()}"
        time.sleep(0.02)
    return found
