"""What scores answers, by the options of `eval run` and `eval score`: an entailment backend, and a judge or none."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from agent.cli import diagnostics
from agent.cli.state import State
from agent.errors import UsageError

if TYPE_CHECKING:
    from agent.llm.calls import Chat
    from agent.settings import Settings
    from evals.entailment import Entailment
    from evals.judge import Judge
    from store.library import Library

ENTAILMENT = ("overlap", "support", "judge")
JUDGE_KEY = "OPENAI_JUDGE_API_KEY"
"""Where the key for `--judge-base-url` is looked for."""
JudgeOption = Annotated[str | None, typer.Option(help="Model that judges the answers, too.", metavar="MODEL")]
JudgeAddress = Annotated[str | None, typer.Option(help="Its endpoint, if another.", metavar="URL")]
EntailmentOption = Annotated[
    str | None, typer.Option(help="What says if sentences entail a claim: overlap, support or judge.", metavar="NAME")
]


@dataclass(frozen=True, slots=True)
class Scoring:
    """What the options say of how answers are scored."""

    judge: str | None
    judge_base_url: str | None
    entailment: str | None

    @property
    def backend(self) -> str:
        """What decides about entailment: the judge where there is one, if nothing else is said."""
        return self.entailment or ("judge" if self.judge else "overlap")

    def check(self) -> None:
        """Raises `UsageError` where the options cannot be meant together."""
        choose("--entailment", self.entailment, ENTAILMENT)
        if self.judge_base_url and not self.judge:
            raise UsageError("--judge-base-url is the address of a judge", "name the judge with --judge MODEL")
        if self.entailment == "judge" and not self.judge:
            raise UsageError("--entailment judge needs a judge", "name it with --judge MODEL")


class Scorers(NamedTuple):
    """What scores answers."""

    entailment: Entailment
    judge: Judge | None


def scorers(
    scoring: Scoring, library: Library, chosen: Settings, state: State, loop: asyncio.Runner, stack: ExitStack
) -> Scorers:
    """The entailment backend and the judge, which `stack` closes."""
    judge = _judge(scoring, chosen, state)
    if judge:
        hold(judge.chat, loop, stack)
    return Scorers(_entailment(scoring.backend, library, judge), judge)


def hold(chat: Chat, loop: asyncio.Runner, stack: ExitStack) -> None:
    """Has `stack` close a model, which says now, and not after the first answer, that there is no key."""
    stack.callback(lambda: loop.run(chat.aclose()))
    _ = chat.model


def _judge(scoring: Scoring, chosen: Settings, state: State) -> Judge | None:
    if scoring.judge is None:
        return None
    from agent.llm.calls import Chat
    from agent.llm.models import ModelChoice
    from agent.llm.prices import price_of
    from agent.settings import Value, check, config_folder, data_folder
    from evals.judge import Judge

    main = chosen.text("base_url") or None
    address = scoring.judge_base_url or main
    check("base_url", Value(address or "", "--judge-base-url"))
    key = chosen.api_key if address == main else os.environ.get(JUDGE_KEY)  # a key goes to its own endpoint alone
    choice = ModelChoice(scoring.judge, address, key, chosen.number("limits.silence"))
    if key is None and address != main and not choice.is_local:
        diagnostics.notice(f"no key is sent to the judge at {choice.host}; {JUDGE_KEY} sets one")
    if state.offline and not choice.is_local:
        raise UsageError(f"--offline excludes the judge at {choice.host}", "leave --offline or --judge out")
    chat = Chat(choice, price_of(choice, config_folder()))
    return Judge(chat, data_folder() / "judge-cache.sqlite3", notice=diagnostics.notice)


def _entailment(name: str, library: Library, judge: Judge | None) -> Entailment:
    from evals.entailment import Overlap, Support

    if name == "judge" and judge:
        return judge.entailment
    return Support(library.embed) if name == "support" else Overlap()


def choose(option: str, given: str | None, known: tuple[str, ...]) -> None:
    """Raises `UsageError` where an option is none of what is known."""
    if given is not None and given not in known:
        raise UsageError(f"{option} is {given!r}", f"choose one of {', '.join(known)}")
