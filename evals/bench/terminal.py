"""A program in a terminal of its own, as a user has it: keys in, and the time until something is drawn."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

PATIENCE = 60.0


class Terminal:
    """A child process on a pseudo-terminal; alive inside a `with` block."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (100, 30)
    ) -> None:
        """`size` is columns and rows."""
        self._drawn = b""
        self.began = time.perf_counter()
        self.pid, self._handle = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environment))
        fcntl.ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._handle)

    def send(self, keys: str) -> float:
        """Presses keys; returns when, in seconds of the steady clock."""
        self._read(0.0)
        self._drawn = b""
        at = time.perf_counter()
        os.write(self._handle, keys.encode())
        return at

    def until(self, text: str) -> float:
        """Waits until `text` has been drawn since the last keys; returns when. TimeoutError where it is not."""
        wanted = text.encode()
        end = time.perf_counter() + PATIENCE
        while wanted not in self._drawn:
            if time.perf_counter() > end:
                raise TimeoutError(f"{text!r} was not drawn; the last was {self._drawn[-2000:]!r}")
            self._read(0.5)
        return time.perf_counter()

    def rest(self, seconds: float) -> int:
        """Waits, reading what is drawn; returns how many bytes that was."""
        before, end = len(self._drawn), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)
        return len(self._drawn) - before

    @property
    def memory(self) -> float:
        """Resident memory of the process in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def _read(self, seconds: float) -> None:
        readable, _, _ = select.select([self._handle], [], [], seconds)
        if readable:
            self._drawn += os.read(self._handle, 1 << 16)
