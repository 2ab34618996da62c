"""Model mode over the wire: a shelf of made-up papers, a scripted endpoint, and what came of a question."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from agent import events
from agent.answer import Answer
from agent.assistant import Assistant, Question
from agent.errors import CiteloomError
from agent.llm.budget import Limits
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from agent.sessions import Session
from store.errors import LibraryError
from store.library import Library
from store.scope import parse
from tests.support.replies import Call, Calls, Reply, Request, Text
from tests.support.server import Responder, ScriptedServer

KEY = "sk-a-key-that-nobody-may-see"
RATE = "What share of the problems of miniF2F does Zeppelin-7B solve?"
SOLVES = "Zeppelin-7B solves 57.6% of the problems of miniF2F within 32 attempts"
TRAINING = "Its training takes 12 hours on eight GPUs"
LATENCY = "Quokka plans a motion of a robot arm in 40 ms"
SHELF = {
    "Zeppelin: Open Provers for Formal Mathematics": (
        "Formal proofs are scarce, which holds back provers that learn from them. "
        "We introduce Zeppelin-7B, an open language model for formal mathematics. "
        f"{SOLVES}. {TRAINING}."
    ),
    "Quokka: Motion Planning with Diffusion": (
        f"Planning with diffusion models is slow on small machines. {LATENCY}. "
        "Without its cache the success rate of Quokka falls to 31%."
    ),
    "Balloon: Proof Search without Labels": (
        "Proof search in Lean usually needs labelled steps. Balloon learns to rank proof steps from failed attempts. "
        "Balloon proves 44.1% of the problems of miniF2F."
    ),
    "Autoformalization with Feedback": (
        "Translating mathematics into Lean 4 is called autoformalization. "
        "Feedback of the compiler raises the share of valid statements from 52% to 71%."
    ),
    "Reward Hacking in Preference Tuning": (
        "Reward models are exploited when a policy is tuned for long. "
        "An ensemble of five reward models delays the exploitation, but does not prevent it."
    ),
    "A Survey of Process Supervision": (
        "Process reward models rate every step of a solution. We survey 83 works on process supervision."
    ),
    "Curricula for Theorem Provers": (
        "Provers learn faster when problems come in the order of their difficulty. "
        "A curriculum of three stages halves the compute of training."
    ),
    "Retrieval of Premises": (
        "Premise selection finds lemmas that a proof may need. Our retriever finds 62% of the needed lemmas among ten."
    ),
    "Checking Proofs on Phones": "Proof checkers are small programs. Ours checks 900 proofs a second on a phone.",
    "Grasping in Clutter": "Robots grasp objects in clutter. Our policy grasps 88% of unseen objects at once.",
    "Tokenizers for Code": "Tokenizers split code badly. Ours shortens Python files by 18%.",
    "Sleep and Memory in Mice": "Mice that sleep remember mazes. Sleep of four hours restores recall of a maze.",
    "Coral Reefs under Heat": "Reefs bleach in warm water. A rise of two degrees bleaches most corals within weeks.",
    "Speech Recognition for Birds": "Birds sing in dialects. Our recognizer names 240 species by five seconds of it.",
}
_MARKED = re.compile(r"(?<!\\)\[(\d+)\.(\d+)\]")
Step = Reply | Callable[[Request], Reply]
EventKind = TypeVar("EventKind", bound=events.Event)


def write_papers(path: Path, papers: dict[str, str]) -> Path:
    """Papers as JSON Lines."""
    rows = [{"title": title, "abstract": text, "authors": ["Ann Lee"], "year": 2024} for title, text in papers.items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shelf_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of made-up papers; made once, for reading only."""
    folder = tmp_path_factory.mktemp("shelf")
    with Library(folder / "library") as made:
        made.add([write_papers(folder / "papers.jsonl", SHELF)])
    return folder / "library"


@pytest.fixture
def shelf(shelf_folder: Path) -> Iterator[Library]:
    """The made-up papers as a library, for reading only."""
    with Library(shelf_folder) as opened:
        yield opened


def place_of(request: Request, words: str) -> str:
    """The place, as `3.2`, under which the prompt shows the sentence with these words."""
    found = re.search(rf"(?m)^(\d+\.\d+) .*{re.escape(words)}", request.prompt)
    assert found, f"the prompt does not show: {words}"
    return found[1]


def by_turns(*steps: Step) -> Responder:
    """A script whose replies may look at their request; a call too many fails the test."""
    left = list(steps)

    def respond(request: Request) -> Reply:
        step = left.pop(0)
        return step if isinstance(step, Reply) else step(request)

    return respond


def citing(words: str, text: str = "{words} [{place}].") -> Callable[[Request], Reply]:
    """A reply that cites the sentence with these words, which it repeats unless `text` says something else."""
    return lambda request: Text(text.format(words=words, place=place_of(request, words)))


def tool(name: str, **arguments: Any) -> Reply:
    """A reply that calls a tool."""
    return Calls([Call(name, arguments)])


@dataclass(slots=True)
class Asked:
    """What came of a question."""

    events: list[events.Event] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    aborted: int = 0
    got: Answer | None = None
    error: CiteloomError | LibraryError | None = None

    @property
    def answer(self) -> Answer:
        """The answer; it is an error of the test to ask for it where there is none."""
        assert self.got is not None, self.error
        return self.got

    def all(self, kind: type[EventKind]) -> list[EventKind]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def streamed(self) -> str:
        """What a front end has on the screen before the answer is done."""
        shown = ""
        for event in self.events:
            shown = "" if isinstance(event, events.Restarted) else shown
            shown += event.text if isinstance(event, events.Delta) else ""
        return shown

    @property
    def notices(self) -> str:
        """All notices in one text."""
        return "\n".join(event.text for event in self.all(events.Notice))


@dataclass(slots=True)
class Desk:
    """How questions are put to a library: in which mode, with which limits, in which session."""

    library: Library
    mode: str = "model"
    limits: Limits = field(default_factory=Limits)
    session: Session | None = None
    stall_seconds: float = 5.0
    on_event: Callable[[events.Event, asyncio.Event], None] = lambda _event, _stop: None
    """Gets every event, and what stops the answer."""

    def ask(self, script: list[Reply] | Responder, question: str = RATE, scope: str = "") -> Asked:
        """Asks one question of a model that answers by `script`; an error for the user is caught."""
        asked = Asked()
        with ScriptedServer(script, keep_alive=False) as server:
            chat = Chat(ModelChoice("scripted", server.base_url, KEY, self.stall_seconds), first_wait=0.01)
            try:
                asked.got = asyncio.run(self._ask(chat, Question(question, parse(scope)), asked))
            except (CiteloomError, LibraryError) as error:
                asked.error = error
        asked.requests, asked.aborted = server.requests, server.aborted
        return asked

    async def _ask(self, chat: Chat, question: Question, asked: Asked) -> Answer:
        stop = asyncio.Event()

        def listen(event: events.Event) -> None:
            asked.events.append(event)
            self.on_event(event, stop)

        assistant = Assistant(self.library, chat, mode=self.mode, limits=self.limits)
        try:
            return await assistant.ask(question, session=self.session, listener=listen, stop=stop)
        finally:
            await chat.aclose()


@pytest.fixture
def desk(shelf: Library) -> Desk:
    """Questions to the made-up papers."""
    return Desk(shelf)


def marks_in(text: str) -> list[tuple[int, int]]:
    """The marks that a reader sees, as paper and sentence."""
    return [(int(paper), int(sentence)) for paper, sentence in _MARKED.findall(text)]


def assert_every_citation_resolves(answer: Answer, library: Library, retrieved: set[str]) -> None:
    """Invariants 1 and 2 of the design."""
    cited = [citation for claim in answer.claims for citation in claim.citations]
    for citation in cited:
        paper = library.get(citation.key)
        assert paper is not None
        assert citation.key in retrieved
        assert citation.quote == paper.abstract[citation.start : citation.end] != ""
        assert citation.sha256 == paper.sha256
    places = {(citation.number, citation.sentence) for citation in cited}
    assert set(marks_in(answer.marked)) <= places
    assert {reference.number for reference in answer.references} == {citation.number for citation in cited}
    for claim in answer.claims:
        assert claim.citations or claim.support == "uncited"
        assert claim.support == "supported" or claim.problems


def retrieved_in(session: Session) -> set[str]:
    """The keys of all papers that searches of a session found."""
    return {hit["key"] for record in session.records() if record["type"] == "retrieval" for hit in record["hits"]}
