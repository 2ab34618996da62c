"""Follow-ups: whether a question leans on the conversation before it, and what it says when it stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.answer import Answer
from agent.llm.calls import Calls
from agent.reading import unfenced
from store.text import clean

PROMPT = "rewrite"
_LEANS = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|these|those|he|she|his|her|there|former|latter|above|same|"
    r"one|ones|other|others|another|more|else|instead|too|also)\b|\bthat(?!\s+(?:is|are|can|do|does|use|have|has)\b)"
    r"|^\W*(?:and|but|or|so|then|why|how so|what about|how about|which of|ok|really|explain|elaborate|continue)\b",
    re.IGNORECASE,
)
_SHORT = 4
_LAST_TURNS = 3
_MOST_OF_AN_ANSWER = 600
_MOST_OF_A_QUESTION = 500


def leans(question: str) -> bool:
    """Whether a question seems to need the conversation: it points back, or is very short."""
    return bool(_LEANS.search(question)) or len(question.split()) <= _SHORT


async def stand_alone(calls: Calls, question: str, history: Sequence[Answer]) -> str:
    """`question` so that it can be understood alone; as it is where nothing came before, or nothing is missing."""
    if not history or not leans(question):
        return question
    turns = "\n\n".join(map(_as_data, history[-_LAST_TURNS:]))
    reply = await calls.complete(PROMPT, PROMPT, history=turns, question=unfenced(clean(question)))
    said = clean(reply.strip().splitlines()[0]).strip("\"'“” ") if reply.strip() else ""
    is_usable = any(char.isalnum() for char in said) and len(said) <= _MOST_OF_A_QUESTION
    return said if is_usable else with_question_before(question, history)


def _as_data(turn: Answer) -> str:
    asked, said = clean(turn.asked or turn.question), clean(turn.text)[:_MOST_OF_AN_ANSWER]
    return f"Question: {unfenced(asked)}\nAnswer: {unfenced(said)}"


def with_question_before(question: str, history: Sequence[Answer]) -> str:
    """The same without a model: the question with the one before it, so that its subject is looked for, too."""
    if not history or not leans(question):
        return question
    return f"{question} ({history[-1].asked or history[-1].question})"
