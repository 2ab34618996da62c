"""`citeloom serve`: who may reach it, what the page is made of, and that nothing is left when it ends."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from agent.errors import UsageError
from agent.tui.serving import serve
from tests.conftest import REPOSITORY
from tests.tui import browser
from tests.tui.browser import PATIENCE, Browser, colours, submit, wait, wait_until_closed, wait_until_shown

needs_browser = pytest.mark.skipif(browser.PROGRAM is None, reason="Chromium is not installed")

ANSWER = "My “first” answer; 100 %.md"
APP = """
import io, os, sys, time
from pathlib import Path
from textual.app import App
from textual.widgets import Input, Static

class Echo(App):
    def compose(self):
        yield Static("Ready")
        yield Input()

    def on_mount(self):
        FOLDER.joinpath(f"{os.getpid()}.pid").write_text("\\n".join(sys.argv[2:]))

    def on_input_submitted(self, event):
        word, _, rest = event.value.partition(" ")
        if word == "open":
            self.open_url(rest)
        elif word == "deliver":
            self.deliver_text(io.StringIO("An answer."), save_filename=rest, mime_type="text/markdown")
        elif word == "crash":
            os._exit(3)
        event.input.clear()
        self.query_one(Static).update(f"Heard {event.value}")

    def on_unmount(self):
        time.sleep(600 if "--hang" in sys.argv else 0)

FOLDER = Path(sys.argv[1])
if "--fail" in sys.argv:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the last words come when stdout has ended
    time.sleep(0.2)
    sys.exit("the shelf is \\x1b[31mempty\\x1b[0m")
Echo().run()
"""
SERVE = """
import json, sys
from agent.tui.serving import serve

def announce(line):
    sys.stderr.write(line + "\\n")
    sys.stderr.flush()

serve(**json.loads(sys.argv[1]), announce=announce)
"""


class Served:
    """A server in a process of its own, alive inside a `with` block."""

    def __init__(self, folder: Path, *options: str, **named: Any) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "app.py").write_text(APP, encoding="utf-8")
        command = [sys.executable, str(folder / "app.py"), str(folder)]
        given = {"port": 0, **named, "options": options, "command": command}
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, json.dumps(given)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )
        self.url = wait(self._url, lambda: f"an address in {self.err!r}")
        self.port = int(self.url.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.stop(signal.SIGTERM)

    @property
    def out(self) -> str:
        """What the server has written to stdout."""
        return (self._folder / "out").read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What the server has announced."""
        return (self._folder / "err").read_text(encoding="utf-8")

    @property
    def apps(self) -> list[int]:
        """The apps that were ever opened, by process id."""
        return [int(path.stem) for path in self._folder.glob("*.pid")]

    def stop(self, number: signal.Signals) -> int:
        """Sends a signal; returns the code with which the server ended."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def get(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
        """A raw request, with a Host of its own if one is given, and its whole response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response, response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def page(self, *, host: str = "", origin: str | None = None) -> ClientConnection:
        """What an open page has: the websocket."""
        return connect(
            f"ws://{host or f'127.0.0.1:{self.port}'}/ws?width=80&height=24",
            sock=socket.create_connection(("127.0.0.1", self.port)),
            origin=Origin(origin) if origin else None,
            proxy=None,
            open_timeout=PATIENCE,
            ping_interval=None,
        )

    def _url(self) -> str | None:
        assert self.process.poll() is None, self.err
        announced = re.search(r"^Citeloom is at (\S+) .*\n", self.err, re.MULTILINE)
        return announced[1] if announced else None


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(processes: Sequence[int]) -> None:
    assert processes
    wait(lambda: None if any(map(is_running, processes)) else "gone")


def refused(**named: Any) -> UsageError:
    """The error with which an address is refused, before anything is announced or served."""
    said: list[str] = []
    with pytest.raises(UsageError) as raised:
        serve([], announce=said.append, command=["false"], **named)
    assert said == []
    return raised.value


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that tests share: they leave it as it was."""
    with Served(tmp_path_factory.mktemp("served") / "folder") as running:
        yield running


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "0"])
def test_an_address_that_other_machines_reach_is_refused(host: str) -> None:
    error = refused(host=host, port=0)
    assert "no password" in error.message
    assert "--allow-remote" in error.hint


def test_a_name_that_stands_for_another_address_too_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(_host: str, port: int, **_: Any) -> list[Any]:
        numbers = ("127.0.0.1", "192.0.2.7")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert "other machines can reach desk.example" in refused(host="desk.example", port=0).message


@pytest.mark.parametrize("host", ["", "a..b", "127.0.0.1/8"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    assert "there is no address" in refused(host=host, port=0).message


def test_an_address_of_another_machine_is_refused() -> None:
    assert "no address of this machine" in refused(host="192.0.2.7", port=0, allow_remote=True).message


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    assert f"no port {port}" in refused(port=port).message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_that_is_taken_is_refused_be_it_on_one_address_of_several(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = refused(host=host, port=port)
    assert error.message == f"port {port} of 127.0.0.1 is taken"
    assert "--port" in error.hint


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.9.10", "[::1]"])
def test_every_name_of_this_machine_for_itself_is_answered(served: Served, host: str) -> None:
    response, _ = served.get("/", Host=f"{host}:{served.port}")
    assert response.status == 200


@pytest.mark.parametrize("path", ["/", "/static/js/textual.js", "/page/focus.js", "/download/x", "/ws", "/nothing"])
@pytest.mark.parametrize("host", ["rebound.example:{}", "192.0.2.7:{}", "127.0.0.1", "127.0.0.1:1", "x@127.0.0.1:{}"])
def test_any_other_host_is_refused(served: Served, path: str, host: str) -> None:
    response, text = served.get(path, Host=host.format(served.port))
    assert response.status == 403
    assert served.url in text


def test_a_websocket_under_another_name_is_refused(served: Served) -> None:
    with pytest.raises(InvalidStatus, match="403"), served.page(host=f"rebound.example:{served.port}"):
        pass


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:{}", "http://127.0.0.1:1", "https://127.0.0.1:{}", "null"]
)
def test_a_page_of_another_site_cannot_open_the_websocket(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"), served.page(origin=origin.format(served.port)):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_page_itself_can_open_the_websocket(served: Served, host: str) -> None:
    with served.page(host=f"{host}:{served.port}", origin=f"http://{host}:{served.port}") as page:
        wait_until_shown(page, "Ready")


def test_the_page_says_that_nobody_may_frame_it_and_that_it_runs_its_own_scripts_alone(served: Served) -> None:
    response, _ = served.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy


def test_what_is_open_to_other_machines_is_announced_with_a_warning_and_answers_to_numbers(tmp_path: Path) -> None:
    with Served(tmp_path / "served", host="0.0.0.0", allow_remote=True) as served:
        assert "Warning: anybody who reaches 0.0.0.0" in served.err
        assert "no password" in served.err
        for host, status in {"192.0.2.7": 200, "localhost": 200, "rebound.example": 403}.items():
            assert served.get("/", Host=f"{host}:{served.port}")[0].status == status
        with pytest.raises(InvalidStatus, match="403"), served.page(origin="http://evil.example"):
            pass


def test_options_reach_the_app_as_they_are(tmp_path: Path) -> None:
    options = ["--library", "two words; $(touch made) 'quoted' \"twice\" *"]
    with Served(tmp_path / "served", *options) as served, served.page() as page:
        wait_until_shown(page, "Ready")
        (given,) = (tmp_path / "served").glob("*.pid")
        assert given.read_text(encoding="utf-8").split("\n") == options
    assert not (tmp_path / "made").exists()


def test_an_app_that_ends_closes_its_page(served: Served) -> None:
    with served.page() as page:
        wait_until_shown(page, "Ready")
        submit(page, "crash")
        wait_until_closed(page)


def test_an_app_that_cannot_start_closes_its_page_and_says_why_in_the_terminal(tmp_path: Path) -> None:
    with Served(tmp_path / "served", "--fail") as served:
        with served.page() as page:
            wait_until_closed(page)
        wait(lambda: "said" if "the shelf is empty\n" in served.err else None)
        assert served.stop(signal.SIGTERM) == 0
        assert served.out == ""


def test_a_page_that_is_closed_ends_its_app_and_no_other(tmp_path: Path) -> None:
    with Served(tmp_path / "served") as served, served.page() as kept:
        wait_until_shown(kept, "Ready")
        (first,) = served.apps
        with served.page() as page:
            wait_until_shown(page, "Ready")
            (second,) = set(served.apps) - {first}
        wait_until_gone([second])
        submit(kept, "hello")
        wait_until_shown(kept, "Heard hello")


def test_only_web_addresses_are_opened(served: Served) -> None:
    with served.page() as page:
        wait_until_shown(page, "Ready")
        requests = []
        for url in ("javascript:alert(1)", "https://example.org/paper", "file:///etc/passwd"):
            submit(page, f"open {url}")
            requests += wait_until_shown(page, f"Heard open {url}")
    assert requests == [["open_url", {"url": "https://example.org/paper", "new_tab": True}]]


def test_a_file_is_downloaded_under_its_whole_name_and_runs_no_script(served: Served) -> None:
    with served.page() as page:
        wait_until_shown(page, "Ready")
        submit(page, f"deliver {ANSWER}")
        ((kind, key),) = wait_until_shown(page, "Heard deliver")
        assert kind == "deliver_file_start"
        response, text = served.get(f"/download/{key}")
    assert text == "An answer."
    expected = "attachment; filename*=UTF-8''My%20%E2%80%9Cfirst%E2%80%9D%20answer%3B%20100%20%25.md"
    assert response.headers["Content-Disposition"] == expected
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_ends_the_server_and_every_app_and_leaves_stdout_empty(tmp_path: Path, number: signal.Signals) -> None:
    with Served(tmp_path / "served") as served, served.page() as one, served.page() as other:
        wait_until_shown(one, "Ready")
        wait_until_shown(other, "Ready")
        assert served.stop(number) == 0
        assert len(served.apps) == 2
        wait_until_gone(served.apps)
        assert served.err == f"Citeloom is at {served.url} (Ctrl-C stops it)\n"
        assert served.out == ""


def test_an_app_that_hangs_is_ended_all_the_same(tmp_path: Path) -> None:
    with Served(tmp_path / "served", "--hang") as served, served.page() as page:
        wait_until_shown(page, "Ready")
        assert served.stop(signal.SIGTERM) == 0
        wait_until_gone(served.apps)


def test_a_second_signal_does_not_wait_for_an_app_that_hangs(tmp_path: Path) -> None:
    with Served(tmp_path / "served", "--hang") as served, served.page() as page:
        wait_until_shown(page, "Ready")
        served.process.send_signal(signal.SIGINT)
        wait_until_closed(page)
        assert served.stop(signal.SIGINT) == 0
        wait_until_gone(served.apps)


@needs_browser
def test_a_browser_shows_the_app_and_its_keys_arrive(tmp_path: Path, served: Served) -> None:
    with Browser(tmp_path / "profile") as window:
        window.open(served.url)
        window.wait_for("Ready")
        window.type("open letters: Ünïts {}")
        window.press("Enter")
        assert "Heard open letters: Ünïts {}" in window.wait_for("Heard")
        assert colours(window.screenshot()) > 50
        window.press("ctrl+q")
        window.wait_for_page("is closed")


@needs_browser
def test_the_page_fetches_nothing_from_elsewhere_and_has_its_fonts(tmp_path: Path, served: Served) -> None:
    with Browser(tmp_path / "profile") as window:
        window.open(served.url)
        window.wait_for("Ready")
        fonts = window.evaluate("[...document.fonts].map((font) => `${font.family} ${font.style} ${font.status}`)")
        assert fonts == ["Roboto Mono normal loaded", "Roboto Mono italic loaded"]
        fetched = {url.partition("://")[2] for url in window.requests}
        assert len(fetched) >= 6
        assert [url for url in fetched if not url.startswith(f"127.0.0.1:{served.port}/")] == []


@needs_browser
def test_a_page_of_another_site_in_the_browser_gets_no_websocket(tmp_path: Path, served: Served) -> None:
    opening = f"""new Promise((done) => {{
        const socket = new WebSocket("ws://127.0.0.1:{served.port}/ws");
        socket.onopen = () => done("open");
        socket.onerror = () => done("refused");
    }})"""
    with Browser(tmp_path / "profile") as window:
        window.open("data:text/html,elsewhere")
        assert window.evaluate(opening) == "refused"
        window.open(served.url)
        window.wait_for("Ready")
        assert window.evaluate(opening) == "open"
