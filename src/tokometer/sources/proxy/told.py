"""What the proxy tells of a call → a call, and the tools that its answer asked for.

An item is made by `tokometer.collect.proxy.reading`: an answer without what it says, and times in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tokometer.records import ModelCall, Record, RecordError, Status, ToolCall, infer_provider, status_of
from tokometer.records.values import moment, text, whole
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush
from tokometer.sources.usage import answered, put

NAME: Final = "proxy"
PATH: Final = "/api/proxy"
_FAILS: Final = 400
_LOADS: Final = ("load", "unload")
_BAD_GATEWAY: Final = 502
_KNOWN: Final = frozenset(
    {
        *("id", "started_at", "latency_ns", "ttft_ns", "http_status", "ending", "form", "operation", "provider"),
        *("model", "stream", "user", "machine", "upstream", "request_id", "session_id"),
        *("answer", "unread"),
    }
)
#: LM Studio's own API counts beside the answer, and in words of its own.
_STATS: Final = {
    "input_tokens": "input_tokens",
    "total_output_tokens": "output_tokens",
    "reasoning_output_tokens": "reasoning_tokens",
}


class _Push(JsonPush):
    path = PATH
    summary = "Calls that went through `tokometer proxy`"
    source = NAME

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """The call, and the tools that it asked for; nothing where a model was only loaded or let go."""
        if _loads(item):
            return
        call = _call(item, noticed, index)
        yield call
        answer = item.get("answer")
        said = answered(answer, "answer") if isinstance(answer, dict) else None
        for number, (id_, name) in enumerate(said.tools if said is not None else ()):
            yield ToolCall(
                source=NAME,
                # A model's own ids of tools are unique; where it gives none, the place in its answer is.
                native_id=f"{call.native_id}/{number}",
                started_at=call.started_at + (call.latency_us or 0),
                name=name,
                call_id=call.native_id,
                session_id=call.session_id,
                user=call.user,
                machine=call.machine,
                use_id=id_,
            )


def _loads(item: Mapping[str, Any]) -> bool:
    """Whether it asked nothing: of Ollama a request without a prompt loads a model, or lets it go."""
    answer = item.get("answer")
    return item.get("form") == "ollama" and isinstance(answer, dict) and answer.get("done_reason") in _LOADS


def _call(item: Mapping[str, Any], noticed: Noticed, index: int) -> ModelCall:
    for name in item.keys() - _KNOWN:
        noticed.add("field", f"proxy.{name}", index)
    answer = item.get("answer")
    answer = _with_usage(answer) if isinstance(answer, dict) else {}
    said = answered(answer, "answer")
    http = _value(item, "http_status", whole)
    ending = _text(item, "ending")
    status, why = _status(http, ending, said.status, said.error_message)
    model = said.model or _text(item, "model")
    labels = {"upstream": _text(item, "upstream"), "stream": "true" if item.get("stream") is True else ""}
    native_id = _text(item, "id")
    if not native_id:
        raise RecordError("id", "is missing")
    call = ModelCall(
        source=NAME,
        native_id=native_id,
        started_at=_value(item, "started_at", moment) or 0,
        provider=_text(item, "provider") or infer_provider(model),
        model=model,
        operation=_text(item, "operation") or said.operation,
        status=status,
        error_message=why,
        http_status=http,
        stop_reason=said.stop_reason,
        request_id=_text(item, "request_id"),
        session_id=_text(item, "session_id"),
        response_id=said.response_id,
        latency_us=_micros(item, "latency_ns"),
        # Of an answer that came whole there is no first token.
        ttft_us=_micros(item, "ttft_ns"),
        user=_text(item, "user"),
        machine=_text(item, "machine"),
        endpoint=_text(item, "upstream"),
        labels={name: value for name, value in labels.items() if value} or None,
    )
    if not call.started_at:
        raise RecordError("started_at", "is missing")
    put(call, said.used, noticed, index)
    if item.get("unread"):
        noticed.add("usage", _text(item, "unread"), index)
    elif status == "ok" and not call.quantities and all(count is None for count in _tokens(call)):
        # A stream of OpenAI's form without `include_usage`: what it used is unknown, not nothing.
        noticed.add("usage", f"an answer of {item.get('form', 'some')} form without usage", index)
    return call


def _tokens(call: ModelCall) -> tuple[int | None, ...]:
    return call.input_tokens, call.output_tokens, call.unsplit_tokens


def _with_usage(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """LM Studio's own statistics as a usage object; anything else as it is."""
    stats = answer.get("stats")
    if not isinstance(stats, dict) or "usage" in answer:
        return answer
    told = {name: stats[key] for key, name in _STATS.items() if stats.get(key) is not None}
    reasoning = told.pop("reasoning_tokens", None)
    if reasoning is not None:
        told["output_tokens_details"] = {"reasoning_tokens": reasoning}
    more = {"model": answer.get("model_instance_id"), "id": answer.get("response_id")}
    return {**{name: value for name, value in more.items() if value}, **answer, "usage": told}


def _status(http: int | None, ending: str, said: Status, message: str) -> tuple[Status, str]:
    """How a call ended, and why, from what the proxy saw and what the answer says."""
    if ending == "left":
        return "cancelled", ""
    if ending == "unanswered":
        return "server_error", "the server could not be reached, or closed the connection without an answer"
    if http is not None and http >= _FAILS:
        return status_of(http), message
    if said != "ok":
        return said, message
    if ending == "cut":
        return "server_error", "the answer broke off"
    return "ok", ""


def _micros(item: Mapping[str, Any], name: str) -> int | None:
    value = _value(item, name, whole)
    return None if value is None else value // 1_000


def _text(item: Mapping[str, Any], name: str) -> str:
    try:
        return text(item.get(name))
    except ValueError as error:
        raise RecordError(name, str(error)) from None


def _value(item: Mapping[str, Any], name: str, read: Any) -> int | None:  # noqa: ANN401 - what reads it
    if item.get(name) is None:
        return None
    try:
        found: int = read(item[name])
    except ValueError as error:
        raise RecordError(name, str(error)) from None
    return found


PUSH: Final = _Push()
