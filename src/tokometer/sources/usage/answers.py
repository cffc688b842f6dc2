"""An answer of a model, as its provider's API gives it → what it says of its call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tokometer.records import RecordError, Status, infer_provider, status_of
from tokometer.records.values import message, moment, text, whole
from tokometer.sources.answer_ids import timed_name
from tokometer.sources.usage.dialects import usage_in
from tokometer.sources.usage.read import NOTHING_USED, Used, used

_GOOGLE: Final = ("usageMetadata", "modelVersion", "candidates")
_STOPS: Final = ("stop_reason", "finish_reason", "finishReason", "stopReason", "done_reason", "native_finish_reason")
_NO_ERROR_STATUS: Final = ("failed", "cancelled")


class Answered(NamedTuple):
    """What an answer says. Empty and None: it does not say."""

    model: str = ""
    #: The provider that its form, or a gateway's word in it, points to; not yet a slug.
    provider: str = ""
    response_id: str = ""
    stop_reason: str = ""
    operation: str = "chat"
    used: Used = NOTHING_USED
    #: When it was made, in microseconds since the epoch; mostly to the second.
    created: int | None = None
    #: What it says of an error; `ok` where it says nothing.
    status: Status = "ok"
    error_message: str = ""
    error_code: str = ""
    #: Tools that it asks for: (id, name).
    tools: tuple[tuple[str, str], ...] = ()


def answered(answer: Mapping[str, Any], name: str = "response") -> Answered:
    """What an answer of OpenAI (chat, responses, embeddings, …), Anthropic, Gemini, Bedrock, Cohere or Ollama says.

    `name` is where it stands, for refusals.

    Raises:
        RecordError: A number or name in it cannot be believed.
    """
    usage = usage_in(answer)
    google = any(key in answer for key in _GOOGLE)
    model = _text(answer, ("model", "modelVersion", "model_version", "modelId"), name)
    said = NOTHING_USED if usage is None else used(usage, f"{name}.usage", google=google)
    tier = _text(answer, ("service_tier", "serviceTier"), name)
    if tier and not said.service_tier:
        said = said._replace(service_tier=tier)
    status, error, code = _error(answer)
    return Answered(
        model=model,
        provider=_provider(answer, model, google=google),
        response_id=_text(answer, ("id", "responseId", "response_id"), name) or timed_name(answer),
        stop_reason=stop_reason_of(answer),
        operation=_operation(answer),
        used=said,
        created=_created(answer),
        status=status,
        error_message=error,
        error_code=code,
        tools=tuple(_tools(answer)),
    )


def _text(given: Mapping[str, Any], keys: tuple[str, ...], name: str) -> str:
    for key in keys:
        if given.get(key):
            try:
                return text(given[key])
            except ValueError as error:
                raise RecordError(f"{name}.{key}", str(error)) from None
    return ""


def _provider(answer: Mapping[str, Any], model: str, *, google: bool) -> str:
    # OpenRouter names who served it.
    stated = answer.get("provider")
    if isinstance(stated, str) and stated:
        return stated
    if answer.get("type") == "message":
        return "anthropic"
    return infer_provider(model) or ("google" if google else "")


def _first(given: object) -> Mapping[str, Any]:
    return given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else {}


def stop_reason_of(answer: Mapping[str, Any]) -> str:
    """Why an answer ended, in its provider's word; empty where it does not say."""
    for holder in (answer, _first(answer.get("choices")), _first(answer.get("candidates"))):
        for key in _STOPS:
            if isinstance(holder.get(key), str) and holder[key]:
                return str(holder[key])[:200]
    details = answer.get("incomplete_details")
    if isinstance(details, dict) and isinstance(details.get("reason"), str):
        return str(details["reason"])[:200]
    return ""


def _operation(answer: Mapping[str, Any]) -> str:
    kind = answer.get("object")
    rows = _first(answer.get("data"))
    if kind == "text_completion":
        return "text_completion"
    if "embedding" in rows or "embeddings" in answer:
        return "embeddings"
    if "b64_json" in rows or ("url" in rows and "revised_prompt" in rows):
        return "image_generation"
    return "rerank" if "relevance_score" in _first(answer.get("results")) else "chat"


def _created(answer: Mapping[str, Any]) -> int | None:
    for key in ("created", "created_at", "createTime"):
        if answer.get(key):
            try:
                return moment(answer[key])
            except ValueError:
                return None
    return None


def _error(answer: Mapping[str, Any]) -> tuple[Status, str, str]:
    error = answer.get("error")
    if isinstance(error, str) and error:
        return status_of(None, error), message(error), ""
    if isinstance(error, dict) and error:
        words = [str(error[key]) for key in ("type", "code", "status") if isinstance(error.get(key), str | int)]
        said = message(error["message"]) if isinstance(error.get("message"), str) else ""
        http = next((http for word in words if (http := _http(word)) is not None), None)
        status = status_of(http, " ".join(words))
        if status == "server_error" and http is None and said:
            status = status_of(None, said)
        return ("server_error" if status == "ok" else status), said, words[0] if words else ""
    if answer.get("object") == "response" and answer.get("status") in _NO_ERROR_STATUS:
        return ("cancelled" if answer["status"] == "cancelled" else "server_error"), "", str(answer["status"])
    return "ok", "", ""


def _http(word: str) -> int | None:
    try:
        code = whole(word)
    except ValueError:
        return None
    return code if 100 <= code <= 599 else None  # noqa: PLR2004 - what HTTP has


def _tools(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Tools that are asked for, by OpenAI's two APIs, Anthropic's and Gemini's."""
    asked: list[tuple[object, object]] = []
    said = _first(answer.get("choices")).get("message")
    for call in _objects(said.get("tool_calls") if isinstance(said, dict) else None):
        function = call.get("function")
        asked.append((call.get("id"), function.get("name") if isinstance(function, dict) else None))
    asked += [
        (block.get("call_id") or block.get("id"), block.get("name"))
        for block in (*_objects(answer.get("content")), *_objects(answer.get("output")))
        if block.get("type") in ("tool_use", "server_tool_use", "function_call")
    ]
    content = _first(answer.get("candidates")).get("content")
    for part in _objects(content.get("parts") if isinstance(content, dict) else None):
        wanted = part.get("functionCall")
        if isinstance(wanted, dict):
            asked.append((wanted.get("id") or "", wanted.get("name")))
    return [(str(id_ or "")[:200], str(tool)[:200]) for id_, tool in asked if tool]


def _objects(given: object) -> list[Mapping[str, Any]]:
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
