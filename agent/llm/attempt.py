"""One try of a call: what is sent, and what has come so far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.llm import tokens

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage, InvalidToolCall, ToolCall
    from langchain_core.tools import BaseTool


@dataclass(slots=True)
class Attempt:
    """What has come of one try."""

    prompt_tokens: int
    raw: str = ""
    """The text so far, with its reasoning."""
    arguments: int = 0
    """Characters of the arguments of tool calls so far."""
    _parts: list[Any] = field(default_factory=list)
    _whole: Any = None

    def add(self, part: Any) -> None:
        """Takes a whole reply, or the next part of a stream; parts are joined when the reply is asked for."""
        self._parts.append(part)
        self._whole = None
        self.raw = whole_letters(self.raw + str(part.text))
        self.arguments += sum(len(one["args"] or "") for one in getattr(part, "tool_call_chunks", ()))

    @property
    def message(self) -> Any:
        """The reply so far; None where nothing has come."""
        if self._whole is None and self._parts:
            first, *rest = self._parts
            self._whole = first.__add__(rest) if rest else first
        return self._whole

    @property
    def served_by(self) -> str:
        """The model that the endpoint says has answered."""
        return str(self.message.response_metadata.get("model_name") or "") if self.message is not None else ""

    @property
    def tokens(self) -> int:
        """The tokens of all that has come, as far as they can be counted here."""
        if self.message is None:
            return 0
        written = (f"{part['name'] or ''} {part['args'] or ''}" for part in _parts_of_calls(self.message))
        return tokens.count(self.raw) + sum(map(tokens.count, written))

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls so far, broken ones among them."""
        if self.message is None:
            return []
        whole, broken = calls_of(self.message)
        return [{"name": call["name"], "arguments": call["args"]} for call in [*whole, *broken]]


def whole_letters(text: str) -> str:
    """`text` with the halves of letters joined that came apart, and other halves replaced: UTF-8 has no halves."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def calls_of(message: Any) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """The tool calls of a reply: those whose arguments are whole, and the broken ones.

    langchain completes what a stream left unfinished, but half a scope is not what the model meant.
    """
    whole: list[ToolCall] = []
    broken: list[InvalidToolCall] = []
    for part in _parts_of_calls(message):
        name, args, called = part["name"] or "", part["args"] or "", part["id"]
        try:
            parsed = json.loads(args or "{}", strict=False)
        except ValueError:
            parsed = None
        if isinstance(parsed, dict):
            parsed = json.loads(whole_letters(json.dumps(parsed, ensure_ascii=False)))
            whole.append({"type": "tool_call", "name": name, "args": parsed, "id": called})
        else:
            broken.append({"type": "invalid_tool_call", "name": name, "args": args, "id": called, "error": None})
    return whole, broken


def _parts_of_calls(message: Any) -> list[dict[str, Any]]:
    """Name, id and arguments as they were written, of every tool call of a reply."""
    if chunks := getattr(message, "tool_call_chunks", None):
        return list(chunks)
    whole = [{**call, "args": json.dumps(call["args"])} for call in getattr(message, "tool_calls", [])]
    return [*whole, *getattr(message, "invalid_tool_calls", [])]


def content_of(message: BaseMessage) -> str:
    """All that a message sends, its tool calls among them."""
    calls = getattr(message, "tool_calls", None)
    return str(message.text) + (json.dumps(calls, default=str) if calls else "")


def description_of(tool: BaseTool) -> str:
    """A tool as it is described to the model."""
    from langchain_core.utils.function_calling import convert_to_openai_tool

    return json.dumps(convert_to_openai_tool(tool))


def as_dict(message: BaseMessage) -> dict[str, Any]:
    """A message as the transcript keeps it."""
    found: dict[str, Any] = {"role": message.type, "content": str(message.text)}
    if calls := getattr(message, "tool_calls", None):
        found["tool_calls"] = [{"name": call["name"], "arguments": call["args"]} for call in calls]
    return found
