"""The terminal interface in a browser: one web server, and one app process for each page that is open.

There is no password. So the server is reached from this machine alone unless the user asks for more, and a page of
another site can neither open the interface's websocket, nor frame it, nor read it under a name of its own:

Host      must be an address that is served, which a name that was pointed at this machine is not
Origin    of any request that has one must be the page's own
page      loads nothing from elsewhere, runs no script but the terminal's, and opens web addresses only
"""

from __future__ import annotations

import asyncio
import errno
import io
import ipaddress
import json
import logging
import shlex
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp_jinja2
from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager
from textual_serve.server import Server, to_int

from agent.errors import UsageError
from store.text import printable

_TITLE = "Citeloom"
_PAGE = Path(__file__).parent / "web"
_OWN = "/page/"
_STATIC = "/static/"
"""Where Textual's server has the terminal's script and fonts."""
_LARGEST = 1000
"""Columns, or lines, that a page may ask for."""

_QUIT_SECONDS = 5.0
"""What an app gets to save its state after it was asked to quit."""
_TERMINATE_SECONDS = 2.0
_LAST_WORDS_SECONDS = 10.0
_CLOSE_SECONDS = 1.0
"""How long a page is waited for when it is told that it is closed."""
_OPENABLE = frozenset({"http", "https", "mailto"})

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws://{host}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_DOWNLOAD_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""An exported page may be shown in the browser, but it is not the interface: it runs no script."""


def serve(
    options: Sequence[str],
    *,
    host: str = "127.0.0.1",
    port: int = 8400,
    allow_remote: bool = False,
    announce: Callable[[str], None],
    command: Sequence[str] | None = None,
) -> None:
    """Serves the interface, opened with the command line's `options`, until Ctrl-C or SIGTERM; port 0 is any free one.

    `announce` is given one line at a time and must not write to stdout. `command` is the program to run in place of
    Citeloom. An address that cannot be served, or not without `allow_remote`, is a UsageError.
    """
    # -P: a folder of the user's that is called `agent` is not this program.
    program = command or (sys.executable, "-P", "-m", "agent.entry", "--screens")
    host = host.strip("[]").lower()
    numbers = _numbers(host, port, allow_remote=allow_remote)
    with ExitStack() as open_sockets:
        listeners = [open_sockets.enter_context(listener) for listener in _listen(numbers, port)]
        address = _Address(host, listeners[0].getsockname()[1], any(map(_is_remote, numbers)))
        # What an app says before it fails is written to stdout, which is for data.
        with redirect_stdout(_Announcer(announce)):
            _CiteloomServer([*program, *options], address, announce).run(listeners)


@dataclass(frozen=True, slots=True)
class _Address:
    """Where the interface is served, and under which names."""

    host: str
    port: int
    is_remote: bool
    """Whether other machines can reach it."""

    @property
    def url(self) -> str:
        """The address to open on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return "http://" + (f"[{host}]" if ":" in host else host) + (f":{self.port}" if self.port != 80 else "")

    def is_served_as(self, authority: str) -> bool:
        """Whether a request's Host is this address.

        A number is enough where other machines may come: it is names that can be pointed anywhere.
        """
        try:
            parts = urlsplit(f"//{authority}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if parts.netloc != authority or "@" in authority or port != self.port:
            return False
        try:
            number = ipaddress.ip_address(name)
        except ValueError:
            names = {"localhost", self.host} | ({socket.gethostname().lower()} if self.is_remote else set())
            return name in names
        return self.is_remote or number.is_loopback


def _numbers(host: str, port: int, *, allow_remote: bool) -> list[str]:
    """The numeric addresses of `host`; what other machines reach is refused unless that is allowed."""
    if not 0 <= port <= 65535:
        raise UsageError(f"there is no port {port}", "take a number from 1 to 65535, or 0 for any free one")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host else []
    except (OSError, ValueError):  # ValueError: nothing that could be a name, such as two dots
        found = []
    if not found:
        raise UsageError(f"there is no address for the host {printable(host)!r}", "leave --host out")
    numbers = list(dict.fromkeys(str(place[0]) for *_, place in found))
    if not allow_remote and any(map(_is_remote, numbers)):
        raise UsageError(
            f"other machines can reach {host}, and the interface has no password",
            "leave --host out, or add --allow-remote if everybody there may read and change the library",
        )
    return numbers


def _is_remote(number: str) -> bool:
    return not ipaddress.ip_address(number).is_loopback


def _listen(numbers: Sequence[str], port: int) -> list[socket.socket]:
    """Listens at all of `numbers` and one port; leaves one out that this machine lacks, where there is another."""
    listeners: list[socket.socket] = []
    with ExitStack() as opened:
        for number in numbers:
            try:
                family = socket.AF_INET6 if ":" in number else socket.AF_INET
                listener = socket.create_server((number, port), family=family)
            except OSError as error:
                is_lacking = error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
                if is_lacking and (listeners or number != numbers[-1]):
                    continue
                raise _unusable(number, port, error) from error
            listeners.append(opened.enter_context(listener))
            port = listener.getsockname()[1]
        opened.pop_all()
    return listeners


def _unusable(host: str, port: int, error: OSError) -> UsageError:
    hint = "name another with --port; 0 is any free one"
    if error.errno == errno.EADDRINUSE:
        return UsageError(f"port {port} of {host} is taken", hint)
    if isinstance(error, PermissionError):
        return UsageError(f"port {port} of {host} is not open to you", hint)
    return UsageError(f"{host} is no address of this machine", "leave --host out")


class _Announcer(io.TextIOBase):
    """A stream whose lines are announced."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce

    def write(self, text: str) -> int:
        for line in printable(text).splitlines():
            if line.strip():
                self._announce(line.rstrip())
        return len(text)


class _AnnouncingHandler(logging.Handler):
    """Announces what goes wrong in the server, in a line each; a traceback is not for the terminal."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._announce = announce

    def emit(self, record: logging.LogRecord) -> None:
        cause = f": {record.exc_info[1]!r}" if record.exc_info else ""
        self._announce(printable(record.getMessage() + cause))


class _AppProcess(AppService):
    """The app of one page. The page closes when the app ends, however that comes; the app ends when the page closes."""

    def __init__(self, arguments: Sequence[str], page: web.WebSocketResponse, downloads: DownloadManager) -> None:
        super().__init__(
            shlex.join(arguments),
            write_bytes=page.send_bytes,
            write_str=page.send_str,
            close=self._close,
            download_manager=downloads,
        )
        self._arguments = arguments
        self._page = page

    async def _close(self) -> None:
        with suppress(ConnectionError):
            await self._page.close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> asyncio.subprocess.Process:
        self._process = process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(_bounded(width), _bounded(height)),
        )
        self._stdin = process.stdin
        return process

    async def set_terminal_size(self, width: int, height: int) -> None:
        await super().set_terminal_size(_bounded(width), _bounded(height))

    async def run(self) -> None:
        try:
            await super().run()
            await self._pass_on_errors()
        finally:
            await self._close()

    async def _pass_on_errors(self) -> None:
        """Writes what the app, which draws no more, says on stderr, and nobody has read, where the rest of it went."""
        if self._process and self._process.stderr:
            said = b""
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LAST_WORDS_SECONDS):
                        while part := await self._process.stderr.read(1 << 16):
                            said += part
            finally:  # something that the app has started may hold the pipe open: what came before is said all the same
                sys.stdout.write(said.decode("utf-8", "replace"))

    async def on_data(self, payload: bytes) -> None:
        # An app whose page has gone is still read, or it would wait for that for ever and not hear that it is to quit.
        with suppress(ConnectionError):
            await super().on_data(payload)

    async def on_meta(self, data: bytes) -> None:
        message = json.loads(data)
        # A javascript: address would run in the interface's own page.
        if message["type"] == "open_url" and urlsplit(str(message["url"])).scheme.lower() not in _OPENABLE:
            return
        with suppress(ConnectionError):
            await super().on_meta(data)

    async def stop(self) -> None:
        """Ends the app and waits for it: asks it to quit, and where it does not, makes it."""
        process, reading = self._process, self._task
        if process is None or reading is None:
            return
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        try:
            with suppress(TimeoutError):
                # An app that hangs does not read either.
                await asyncio.wait_for(self.send_meta({"type": "quit"}), _QUIT_SECONDS)
            if not await _has_ended(process, _QUIT_SECONDS):
                process.terminate()
                await _has_ended(process, _TERMINATE_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
            await _has_ended(process, _CLOSE_SECONDS)
            # Something that the app has started may hold its pipes open.
            _, unfinished = await asyncio.wait({reading}, timeout=_CLOSE_SECONDS)
            for task in unfinished:
                task.cancel()


async def _has_ended(process: asyncio.subprocess.Process, seconds: float) -> bool:
    """Whether a process is over; waits for that."""
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), seconds)
    return process.returncode is not None


class _CiteloomServer(Server):
    """Textual's server, which keeps to this machine, is silent on stdout and leaves no process behind."""

    def __init__(self, arguments: Sequence[str], address: _Address, announce: Callable[[str], None]) -> None:
        super().__init__(
            shlex.join(arguments),
            host=address.host,
            port=address.port,
            title=_TITLE,
            public_url=address.url,
            templates_path=_PAGE,
        )
        self._arguments = arguments
        self._address = address
        self._announce = announce
        self._pages: set[web.WebSocketResponse] = set()

    def run(self, listeners: Sequence[socket.socket]) -> None:
        """Serves until a signal ends it; a second one does not wait for apps to quit by themselves."""
        self.initialize_logging()
        with suppress(web.GracefulExit):
            web.run_app(
                self._make_app(),
                sock=listeners,
                print=None,
                access_log=None,
                shutdown_timeout=_QUIT_SECONDS + _TERMINATE_SECONDS + _CLOSE_SECONDS,
            )

    def initialize_logging(self) -> None:
        logging.getLogger().addHandler(_AnnouncingHandler(self._announce))

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.router.add_static(_OWN, _PAGE)
        app.middlewares.append(self._refuse_strangers)
        app.on_response_prepare.append(_protect)
        return app

    async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002 - aiohttp's signature
        if self._address.is_remote:
            self._announce(
                f"Warning: anybody who reaches {self._address.host}, port {self._address.port}, can read and change "
                "the library; there is no password"
            )
        self._announce(f"{_TITLE} is at {self._address.url} (Ctrl-C stops it)")

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002 - aiohttp's signature
        closing = (page.close(code=WSCloseCode.GOING_AWAY) for page in tuple(self._pages))
        await asyncio.gather(*closing, return_exceptions=True)

    @web.middleware
    async def _refuse_strangers(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._address.is_served_as(request.headers.get("Host", "")):
            raise web.HTTPForbidden(text=f"{_TITLE} is not served under this name. It is at {self._address.url}\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() != f"http://{request.host.lower()}":
            raise web.HTTPForbidden(text=f"{_TITLE} is not for other sites to use.\n")
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.Response:
        # The page keeps to the name it was opened under, localhost or 127.0.0.1: they are two sites to a browser.
        page = {
            "title": self.title,
            "static": _STATIC,
            "own": _OWN,
            "websocket": f"ws://{request.host}/ws",
            "font_size": to_int(request.query.get("fontsize", ""), 16),
        }
        return aiohttp_jinja2.render_template("app_index.html", request, page)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse(heartbeat=15, timeout=_CLOSE_SECONDS)
        await page.prepare(request)
        self._pages.add(page)
        app = _AppProcess(self._arguments, page, self.download_manager)
        try:
            await app.start(to_int(request.query.get("width", ""), 80), to_int(request.query.get("height", ""), 24))
            await self._process_messages(page, app)
        finally:
            self._pages.discard(page)
            await app.stop()
        return page


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    """Tells the browser what the page may do, and what may be done with it."""
    response.headers.update(_HEADERS)
    is_download = request.path.startswith("/download/")
    policy = _DOWNLOAD_POLICY if is_download else _PAGE_POLICY.format(host=request.headers.get("Host", ""))
    response.headers["Content-Security-Policy"] = policy
    if is_download and "Content-Disposition" in response.headers:
        # It comes with the file's name as it is: with blanks, quotes and letters that a header has none of.
        disposition, _, name = response.headers["Content-Disposition"].partition("; filename=")
        response.headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(name, safe='')}"


def _bounded(size: int) -> int:
    return max(1, min(size, _LARGEST))
