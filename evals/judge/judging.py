"""The judge: what a model says of claims and their passages, of facts, and of the criteria of a rubric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from agent.answer import Usage
from agent.llm.budget import Limits
from agent.llm.calls import Chat
from evals.entailment import Pair, Passage
from evals.gold import Criterion
from evals.judge.asking import JOBS, LIMITS, Asker, Asking, data, numbered
from evals.judge.labels import labelled
from evals.records import Record
from prompts import load

ENTAILMENT, NUGGETS, RUBRIC = "judge/entailment", "judge/nuggets", "judge/rubric"
SUPPORTS = {"SUPPORTED": True, "PARTLY": False, "UNSUPPORTED": False}
STATES = {"SUPPORTED": 1.0, "PARTLY": 0.5, "MISSING": 0.0}
MEETS = {"MET": 2, "PARTLY": 1, "UNMET": 0}
MOST_GRADE = 2
AT_ONCE = 20
"""Facts or criteria in one call; more of them and small models lose count."""
Grade = TypeVar("Grade")


class ByJudge:
    """Entailment as a model judges it (an `evals.entailment.Entailment`); partly supported is not entailed."""

    def __init__(self, chat: Chat, begin: Callable[[], Asking]) -> None:
        self._begin = begin
        self.name = f"judge:{chat.choice.name}/{load(ENTAILMENT).sha256[:8]}"

    async def entails(self, pairs: Sequence[Pair]) -> list[bool | None]:
        """Whether passages support their claim, one call for each pair that was not judged before.

        None where the reply is no label. Raises `ModelUnavailable`.
        """
        values = {pair: {"passages": _shown(pair[0]), "claim": data(pair[1])} for pair in pairs if pair[0]}
        replies = await self._begin().replies(ENTAILMENT, list(values.values()))
        known = dict(zip(values, replies, strict=True))
        return [_verdict(known[pair]) if pair[0] else False for pair in pairs]


class Judge:
    """A chat model that judges answers, each in a sitting of its own.

    `cache` is the file of earlier replies; `limits` bound the judging of one question (and each
    round of entailment), `jobs` the calls at a time; `notice` hears what the user should know.
    """

    def __init__(
        self,
        chat: Chat,
        cache: Path | None = None,
        *,
        limits: Limits = LIMITS,
        jobs: int = JOBS,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.chat = chat
        self._asker = Asker(chat, cache, limits=limits, jobs=jobs, notice=notice)

    @property
    def entailment(self) -> ByJudge:
        """The judge as a backend by itself; what it takes is summed only where it is that of a sitting."""
        return self.sitting().entailment

    def sitting(self) -> Sitting:
        """Begins the judging of one record; several may go on at the same time."""
        return Sitting(self._asker)

    def manifest(self) -> dict[str, Any]:
        """What a run records of its judge: scores of two judges are comparable where this is the same."""
        choice = self.chat.choice
        prompts = {name: load(name).sha256 for name in (ENTAILMENT, NUGGETS, RUBRIC)}
        return {"model": choice.name, "address": choice.address, "prompts": prompts}


class Sitting:
    """What is asked of a judge for one record, and what that takes.

    Where the endpoint fails, what the attempt took goes with its sitting: the record is judged
    anew in another, which finds in the cache what had been answered.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._asked: list[Asking] = []
        self.entailment = ByJudge(asker.chat, self._begin)

    def _begin(self) -> Asking:
        self._asked.append(Asking(self._asker))
        return self._asked[-1]

    @property
    def usage(self) -> dict[str, Any]:
        """Calls, prompts that were known from the cache, tokens, and US dollars, of all that was asked so far.

        There is no cost where no price is known. Replies from the cache cost nothing.
        `is_estimate` says that a provider did not tell its tokens and they were counted here.
        """
        spent = asdict(sum((asking.spent for asking in self._asked), Usage()))
        if self._asker.chat.price is None:
            del spent["cost_usd"]
        return {"calls": spent.pop("calls"), "cached": sum(asking.cached for asking in self._asked), **spent}

    async def judge(self, record: Record, rubric: Sequence[Criterion] = ()) -> Mapping[str, Any]:
        """What the judge says of the answer: grades, the shares from 0 to 1 that follow, and `usage` of the sitting.

        Where a question has an answer, an error or an abstention states no fact and meets no
        criterion, and nothing is asked. A grade is None where the reply has none; it is in no
        share and counted as `unscored`. A share is None where there is nothing to grade, or
        nothing was graded. Raises `ModelUnavailable`.
        """
        asking = self._begin()
        facts = [fact.text for fact in record.facts]
        criteria = [one.criterion for one in rubric]
        stated: list[float | None]
        met: list[int | None]
        if record.answered or (record.answer and not record.answerable):
            stated = await _graded(asking, record, NUGGETS, "facts", facts, STATES)
            met = await _graded(asking, record, RUBRIC, "criteria", criteria, MEETS)
        else:
            stated, met = [0.0] * len(facts), [0] * len(criteria)
        vital = _vital(record)
        return {
            "nuggets": stated,
            "nugget_recall": weighted_mean(stated, vital),
            "nugget_recall_strict": weighted_mean([None if one is None else float(one == 1) for one in stated], vital),
            "rubric": met,
            "rubric_score": weighted_mean(
                [None if one is None else one / MOST_GRADE for one in met], [one.weight for one in rubric]
            ),
            "unscored": stated.count(None) + met.count(None),
            "usage": self.usage,
        }


def weighted_mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """Sum of weight * value / sum of weights, over the values that are known; None where these weigh nothing."""
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def _vital(record: Record) -> list[float]:
    """The weight of each fact: vital ones alone count, unless none is vital."""
    some = any(fact.vital for fact in record.facts)
    return [float(fact.vital or not some) for fact in record.facts]


async def _graded(
    asking: Asking, record: Record, prompt: str, name: str, texts: Sequence[str], meanings: Mapping[str, Grade]
) -> list[Grade | None]:
    """A grade of the answer for each of `texts`, which the prompt has as the variable `name`."""
    parts = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
    same = {"question": data(record.question), "answer": data(str((record.answer or {})["text"]))}
    replies = await asking.replies(prompt, [{**same, name: numbered(part)} for part in parts])
    return [
        grade
        for part, reply in zip(parts, replies, strict=True)
        for grade in labelled(reply or "", len(part), meanings)
    ]


def _verdict(reply: str | None) -> bool | None:
    return labelled(reply or "", 1, SUPPORTS)[0]


def _shown(passages: Sequence[Passage]) -> str:
    return "\n".join(
        f"Passage {number}, from the paper: {data(passage.title)}\n{data(passage.text)}"
        for number, passage in enumerate(passages, 1)
    )
