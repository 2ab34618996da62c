"""langchain's chat model for OpenAI-compatible endpoints, set up the way we call it."""

from __future__ import annotations

import json
from typing import Any

from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient
from pydantic import SecretStr


class CompatibleChat(ChatOpenAI):
    """Chat completions of any endpoint; a refusal is handed on also where it streams."""

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        choices = chunk.get("choices") or [{}]
        refusal = (choices[0].get("delta") or {}).get("refusal")
        if made and refusal:
            made.message.additional_kwargs["refusal"] = refusal
        return made

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        for choice in getattr(response, "choices", None) or []:
            for call in choice.message.tool_calls or []:
                if call.type == "function" and not _is_object_or_broken(call.function.arguments):
                    call.function.arguments = f"no object: {call.function.arguments}"  # else the whole reply is refused
        return super()._create_chat_result(response, generation_info)

    async def aclose(self) -> None:
        """Closes its connections."""
        await self.root_async_client.close()


def _is_object_or_broken(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except ValueError:
        return True


def create(model: str, base_url: str, api_key: str, timeout: float) -> CompatibleChat:
    """The chat model. Tries, their spacing and silences are the business of calls.py."""
    return CompatibleChat(
        http_async_client=DefaultAsyncHttpxClient(
            timeout=timeout, follow_redirects=False
        ),  # its own, so that it can be closed
        model=model,
        base_url=base_url,
        api_key=SecretStr(api_key),
        max_retries=0,
        timeout=timeout,
        stream_chunk_timeout=None,
        stream_usage=True,
        use_responses_api=False,  # which only one provider has
    )
