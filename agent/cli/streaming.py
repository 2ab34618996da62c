"""An answer on a terminal: a line that says what goes on, then the text as it is written, then what it rests on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agent import events
from agent.answer import Answer
from agent.cli import diagnostics, output
from agent.cli.answers import FlowingText, write_answer


class AnswerOnTerminal:
    """Shows answers one after the other; streams them where a person watches."""

    def __init__(self, *, streams: bool, chat: bool) -> None:
        self._streams = streams and chat and sys.stdout.isatty()
        self._status = diagnostics.Status()
        self._text = FlowingText()
        self._told: set[str] = set()

    @contextmanager
    def watching(self) -> Iterator[events.Listener]:
        """A listener for the events of one answer."""
        self._text = FlowingText()
        self._told.clear()
        with self._status.shown():
            yield self._hear

    def show(self, answer: Answer) -> None:
        """The answer at its end: all of it, or what has not been streamed."""
        for warning in answer.warnings:
            if warning not in self._told:
                diagnostics.notice(warning)
        was_streamed = self._text.has_begun
        if was_streamed:
            self._text.end()
            if not self._text.has_shown(answer.marked):
                output.write("\nAfter the check against the papers:\n")
                was_streamed = False
        write_answer(answer, with_text=not was_streamed)
        diagnostics.detail(_cost(answer))

    def _hear(self, event: events.Event) -> None:
        match event:
            case events.Delta(text) if self._streams:
                self._status.clear()
                self._text.add(text)
            case events.Restarted():
                if self._text.has_begun:
                    self._text.end()
                    output.write("…\n")
                self._text = FlowingText()
            case events.Notice(text, hint):
                self._told.add(text)
                self._text.end()
                self._status.clear()
                diagnostics.notice(f"{text} ({hint})" if hint else text)
            case _:
                if said := events.spoken(event):
                    self._text.end()  # the status line would overwrite a line that is not ended
                    self._status.say(said)


def _cost(answer: Answer) -> str:
    """What the answer took, in one line; empty where no model was asked."""
    usage = answer.usage
    if not usage.calls:
        return ""
    about = "about " if usage.is_estimate else ""
    price = "" if not usage.cost_usd else f", ${usage.cost_usd:.4f}"
    seconds = answer.timings.get("total_ms", 0.0) / 1000
    calls = "1 call" if usage.calls == 1 else f"{usage.calls} calls"
    return f"{calls}, {about}{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens{price}, {seconds:.1f} s"
