"""A log of Helicone's: a request to a provider, its answer and their times → records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from tokometer.records import ModelCall, Record, RecordError, Step, ToolCall, status_of
from tokometer.records.labels import labels_from
from tokometer.records.model_ids import infer_provider
from tokometer.records.naming import looks_unique
from tokometer.records.providers import known_provider, provider_of
from tokometer.records.values import MAX_DURATION_US
from tokometer.sources.addresses import host_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.otlp.facts import region_of
from tokometer.sources.told import Told
from tokometer.sources.usage import Answered, answer_of, answered, put

SOURCE: Final = "helicone"
KNOWN: Final = frozenset({"providerRequest", "providerResponse", "timing", "provider"})
_PROPERTY: Final = "helicone-property-"
#: Stands in a log where there is no address.
_NOWHERE: Final = "custom-model-nopath"
#: What Python's logger writes as the type of everything that has none.
_UNKNOWN: Final = "unknown"
#: What it puts in front of an answer that was broken off, with a status of 200.
_TRACEBACK: Final = "Traceback (most recent call last)"
#: Helicone's own codes for what never came to a status of HTTP.
_CANCELLED: Final = -3


class Log:
    """One log, while it is read."""

    def __init__(self, item: dict[str, Any], headers: Mapping[str, str], provider: str, now: int) -> None:
        told = Told(item)
        self._request = told.within("providerRequest")
        self._response = told.within("providerResponse")
        if not self._request and not self._response:
            raise RecordError("providerRequest", "is missing")
        self._asked = self._request.within("json")
        meta = self._request.raw("meta")
        #: What people say of it, by the headers' names in small letters: those of the request, else those in its meta.
        self._said = {
            **{str(name).lower(): str(value) for name, value in (meta if isinstance(meta, dict) else {}).items()},
            **headers,
        }
        self._provider = told.text("provider") or provider
        self._now = now
        self.start, self._end, self.timed = self._times(told.within("timing"))
        self.ttft = told.within("timing").milliseconds("timeToFirstToken")

    def records(self, noticed: Noticed, position: int) -> Iterable[Record]:
        """The record that it makes."""
        kind = self._asked.word("_type") or self._response_json().get("_type")
        kind = "" if kind == _UNKNOWN else kind
        if not self.timed:
            noticed.add("field", "timing: none, the time of arrival stands for it", position)
        if kind == "tool":
            return [self._tool()]
        return [self._step(str(kind))] if kind else [self._call(noticed, position)]

    def _call(self, noticed: Noticed, position: int) -> ModelCall:
        answer = answered(self._answer(), "providerResponse.json")
        model = answer.model or self._said.get("helicone-model-override", "") or self._asked.text("model")
        address = self._request.word("url")
        http = self._http()
        failed = http is not None and not 100 <= http < 400  # noqa: PLR2004 - what HTTP has
        thrown = self._thrown()
        status = self._status(http) if failed else status_of(None, thrown) if thrown else answer.status
        call = ModelCall(
            **self._shared(answer),
            group="",
            response_id=answer.response_id,
            provider=self._provider_of(address, answer, model),
            model=model,
            operation=answer.operation,
            status=status,
            error_message=(answer.error_message or thrown) if status != "ok" else "",
            http_status=http if failed and http is not None and http >= 100 else None,  # noqa: PLR2004 - as above
            stop_reason=answer.stop_reason,
            latency_us=self._latency(),
            ttft_us=self.ttft,
            endpoint="" if address == _NOWHERE else host_of(address),
            labels=self._labels(),
        )
        call.region = region_of(call.endpoint)
        put(call, answer.used, noticed, position)
        return call

    def _tool(self) -> ToolCall:
        http = self._http()
        return ToolCall(
            **self._shared(None),
            name=self._asked.text("toolName", "name") or "tool",
            status="unknown" if http is None else "ok" if 100 <= http < 400 else "error",  # noqa: PLR2004 - as HTTP
            duration_us=self._latency(),
            labels=self._labels(),
        )

    def _step(self, kind: str) -> Step:
        http = self._http()
        name = " ".join(filter(None, (self._asked.text("operation", "name"), self._asked.text("databaseName"))))
        return Step(
            **self._shared(None),
            name=name,
            type=kind,
            status="unknown" if http is None else "ok" if 100 <= http < 400 else "error",  # noqa: PLR2004 - as HTTP
            duration_us=self._latency(),
            labels=self._labels(),
        )

    # -- what it says ------------------------------------------------------------------------------------------

    def _shared(self, answer: Answered | None) -> dict[str, Any]:
        return {
            "source": SOURCE,
            "native_id": self._name(answer),
            "started_at": self.start,
            "session_id": self._said.get("helicone-session-id", ""),
            "user": self._said.get("helicone-user-id", "") or (self._asked.word("user") if answer else ""),
            "environment": self._said.get(f"{_PROPERTY}environment", ""),
        }

    def _name(self, answer: Answered | None) -> str:
        given = self._said.get("helicone-request-id") or (answer.response_id if answer else "")
        if given and (answer is None or given != answer.response_id or looks_unique(given)):
            return given
        # Nobody names it: what cannot be the same of two logs.
        parts: list[object] = [given, self.start if self.timed else "", self._end if self.timed else ""]
        parts += [self._said.get("helicone-session-id", ""), self._said.get("helicone-session-path", "")]
        parts += [self._asked.word("model", "toolName", "operation"), answer.used.usage[:7] if answer else ""]
        return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()

    def _labels(self) -> dict[str, str] | None:
        properties = {
            name.removeprefix(_PROPERTY): value
            for name, value in self._said.items()
            if name.startswith(_PROPERTY) and name != f"{_PROPERTY}environment"
        }
        facts = {
            "session_name": self._said.get("helicone-session-name", ""),
            "session_path": self._said.get("helicone-session-path", ""),
            "prompt": self._said.get("helicone-prompt-id", ""),
        }
        return {**labels_from(properties), **{name: value for name, value in facts.items() if value}} or None

    def _provider_of(self, address: str, answer: Answered, model: str) -> str:
        host = "" if address == _NOWHERE else host_of(address)
        named = known_provider(self._provider.lower()) or provider_of(self._provider)
        return named or infer_provider(model) or provider_of(answer.provider) or _of_host(host)

    def _response_json(self) -> Mapping[str, Any]:
        given = self._response.raw("json")
        return given if isinstance(given, dict) else {}

    def _answer(self) -> Mapping[str, Any]:
        body = self._response.raw("textBody")
        streamed = answer_of(body) if isinstance(body, str) and body else {}
        return {**self._response_json(), **streamed}

    def _thrown(self) -> str:
        """The error that a program threw, where its logger says one: the last line of how it came about."""
        body = self._response.raw("textBody")
        if not isinstance(body, str) or not body.startswith(_TRACEBACK):
            return ""
        return body.partition("\n\n")[0].strip().rpartition("\n")[2].strip()

    def _http(self) -> int | None:
        status = self._response.number("status")
        return None if status is None else int(status)

    def _status(self, http: int | None) -> Any:  # noqa: ANN401 - one of our words
        if http is None or http >= 100:  # noqa: PLR2004 - what HTTP has
            return status_of(http)
        return "cancelled" if http == _CANCELLED else "server_error"

    def _times(self, timing: Told) -> tuple[int, int | None, bool]:
        start, end = _moment(timing, "startTime"), _moment(timing, "endTime")
        if start is None:
            return (self._now if end is None else end), None, end is not None
        if end is not None and not 0 <= end - start <= MAX_DURATION_US:
            raise RecordError("timing.endTime", "is before timing.startTime, or more than a year after it")
        return start, end, True

    def _latency(self) -> int | None:
        return None if self._end is None else self._end - self.start


def _moment(timing: Told, name: str) -> int | None:
    """Seconds and milliseconds since the epoch, apart from each other."""
    time = timing.within(name)
    seconds = time.moment("seconds")
    if seconds is None:
        return None
    return seconds + (time.milliseconds("milliseconds") or 0)


def _of_host(host: str) -> str:
    for part in reversed(host.split(".")[:-1]):
        if known_provider(part):
            return known_provider(part)
    return ""
