"""OpenRouter, asked for what its account has used: activity and credits with a management key, its key with any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tokometer.records import Bill, Record, RecordError, Refusal, Sample, key_fingerprint, mistake
from tokometer.sources.noticed import Noticed
from tokometer.sources.openrouter.rows import SOURCE, activity
from tokometer.sources.polling import DENIED, fetch_json
from tokometer.sources.protocol import Fetch, PollError, Reading, Target
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.told import Told

ADDRESS: Final = "https://openrouter.ai/api/v1"
_ACTIVITY, _CREDITS, _KEY = "/activity", "/credits", "/key"
#: What a key says of itself: field → metric, and how it reads.
_OF_KEY: Final[dict[str, tuple[str, Any]]] = {
    "usage": ("openrouter.key.usage", "counter"),
    "limit": ("openrouter.key.limit", "gauge"),
    "limit_remaining": ("openrouter.key.limit_remaining", "gauge"),
    "byok_usage": ("openrouter.key.byok_usage", "counter"),
}


class _Memory(Struct):
    """What was last told of the credits, and which questions this key may not ask."""

    balance: int | None = None
    denied: list[str] = []


class Account:
    """See `sources.protocol.Poll`."""

    every = 900.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:  # noqa: ARG002 - it wants a key
        """See `Poll.local`."""
        return []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """See `Poll.read`."""
        memory = decoded(state, _Memory)
        reading = Reading()
        noticed = Noticed(SOURCE, target.name)
        asked = _Asked(target, fetch, now, memory, reading)
        asked.ask(_KEY, lambda data: _of_key(data, now))
        asked.ask(_CREDITS, lambda data: _of_credits(data, memory, now))
        asked.ask(_ACTIVITY, lambda data: _of_activity(data, noticed, reading, target, now))
        if asked.failed and not asked.answered:
            raise asked.failed
        reading.notices = noticed.all()
        reading.state = encoded(memory)
        return reading


class _Asked:
    """The questions of one reading: one that this key may not ask spoils none of the others."""

    def __init__(self, target: Target, fetch: Fetch, now: int, memory: _Memory, reading: Reading) -> None:
        self._target, self._fetch, self._now, self._memory, self._reading = target, fetch, now, memory, reading
        self.answered = 0
        self.failed: PollError | None = None

    def ask(self, path: str, read: Any) -> None:  # noqa: ANN401 - data → records
        """Ask one of them, and take what it says."""
        try:
            answer = fetch_json(self._fetch, path)
        except PollError as error:
            self.failed = self.failed or error
            if path not in self._memory.denied or error.status not in DENIED:
                # It is one refusal however often, and what is wrong with the target for as long as it is.
                self._refuse(path, f"cannot be read: {error}")
            if path not in self._memory.denied:
                self._memory.denied.append(path)
            return
        self.answered += 1
        if path in self._memory.denied:
            self._memory.denied.remove(path)
            self._reading.healed.append(self._place(path))
        data = answer.get("data") if isinstance(answer, dict) else None
        try:
            self._reading.records.extend(read(data))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this answer, and the others count
            wrong = mistake(error)
            self._refuse(path, wrong.reason, wrong.field)

    def _refuse(self, path: str, reason: str, field: str = "") -> None:
        self._reading.refusals.append(Refusal(SOURCE, self._place(path), 0, field, reason, self._now))

    def _place(self, path: str) -> str:
        return f"{self._target.name}: {path}"


def _of_key(data: object, now: int) -> Iterable[Record]:
    told = Told(data if isinstance(data, dict) else {})
    label = told.word("label")
    key = key_fingerprint(label) if label else ""
    for field, (metric, mode) in _OF_KEY.items():
        value = told.number(field)
        if value is not None:
            yield Sample(
                source=SOURCE,
                native_id=f"{metric}:{key}@{now}",
                started_at=now,
                metric=metric,
                value=value,
                unit="USD",
                mode=mode,
                provider=SOURCE,
                labels={"key": key} if key else None,
            )


def _of_credits(data: object, memory: _Memory, now: int) -> Iterable[Record]:
    told = Told(data if isinstance(data, dict) else {})
    bought = told.needed(told.money("total_credits"), "total_credits")
    left = bought - (told.money("total_usage") or 0)
    if left == memory.balance:
        return
    memory.balance = left
    yield Bill(
        source=SOURCE,
        native_id=f"credits@{now}",
        started_at=now,
        ended_at=now,
        provider=SOURCE,
        amount=left,
        type="balance",
        line_item="credits",
    )


def _of_activity(data: object, noticed: Noticed, reading: Reading, target: Target, now: int) -> Iterable[Record]:
    if not isinstance(data, list):
        raise RecordError("data", "is no list")
    for at, row in enumerate(data):
        try:
            yield activity(Told(row if isinstance(row, dict) else {}), noticed, at)
        except Exception as error:  # noqa: BLE001 - as above, of this row
            wrong = mistake(error)
            place = f"{target.name}: {_ACTIVITY}"
            reading.refusals.append(Refusal(SOURCE, place, at, wrong.field, wrong.reason, now))
