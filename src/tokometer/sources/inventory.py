"""What a server that people run has on its disk: models as last told, told again when something of them changes.

A server is asked every half a minute, and models change every few weeks: what it says is told once, again when it is
another, and once in six hours, so that whoever looks sees that it still holds.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import astuple, replace

from tokometer.records import ModelOnOffer
from tokometer.sources.machine import host
from tokometer.sources.protocol import Target

#: What did not change is told again after this long (µs).
_AGAIN: Final = 6 * 3_600 * 1_000_000
_DIGEST: Final = 8
_UNITS: Final = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_MOST_PARAMETERS: Final = 10**16
#: `8x7b`: experts, their size, its unit.
_SIZE: Final = re.compile(r"(?:(\d{1,4})x)?(\d{1,6}(?:\.\d{1,4})?)\s*([kmbt])")
#: Names of the machine that asks.
_THIS: Final = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - nothing listens there


class Told(msgspec.Struct, array_like=True):
    """What was said of a model last: a digest of it, and when."""

    digest: bytes
    at: int
    used_at: int = 0


class Shelf:
    """The models of one server, as it is found at one time (`now`, µs)."""

    def __init__(self, source: str, provider: str, target: Target, now: int) -> None:
        self._source = source
        self._provider = provider
        self._now = now
        self.machine = machine_of(target)
        self._found: dict[str, ModelOnOffer] = {}

    def put(self, name: str, **fields: Any) -> None:  # noqa: ANN401 - fields of a ModelOnOffer
        """It has this model; `fields` are what is known of it."""
        self._found[name] = self._model(name, **fields)

    def used(self, name: str, at: int) -> None:
        """A model was last used then (µs)."""
        self._found[name].last_used_at = at

    def changes(self, told: dict[str, Told]) -> list[ModelOnOffer]:
        """What is to be told; what it had and has no more is told as removed. Keeps `told` up to date."""
        records = []
        for name, model in self._found.items():
            digest, used_at, before = _digest(model), model.last_used_at or 0, told.get(name)
            same = before is not None and before.digest == digest and used_at <= before.used_at
            if same and before is not None and self._now - before.at < _AGAIN:
                continue
            told[name] = Told(digest, self._now, max(used_at, before.used_at if before else 0))
            records.append(model)
        for name in [name for name in told if name not in self._found]:
            del told[name]
            records.append(self._model(name, installed="no", status="removed"))
        return records

    def _model(self, name: str, **fields: Any) -> ModelOnOffer:  # noqa: ANN401 - as above
        return ModelOnOffer(
            source=self._source,
            native_id=f"{self.machine}|{name}",
            started_at=self._now,
            revision=self._now,
            machine=self.machine,
            provider=self._provider,
            model=name,
            **fields,
        )


def machine_of(target: Target) -> str:
    """The machine that a target is on: as its option `machine` says, this one, or the name in its address."""
    if target.options.get("machine"):
        return target.options["machine"]
    try:
        name = urlsplit(target.url).hostname or ""
    except ValueError:
        return ""
    if name in _THIS:
        return host()
    # An address of numbers stays whole.
    return name if ":" in name or name.replace(".", "").isdigit() else name.partition(".")[0]


def parameters_in(words: object) -> int | None:
    """How many parameters a text such as `8.0B`, `137M` or `8x7B` says; None where it says none."""
    if not isinstance(words, str):
        return None
    found = _SIZE.fullmatch(words.strip().lower())
    if found is None:
        return None
    count = round(int(found[1] or 1) * float(found[2]) * _UNITS[found[3]])
    return count if 0 < count < _MOST_PARAMETERS else None


def _digest(model: ModelOnOffer) -> bytes:
    """What differs where what is said of a model does, but for when it was said and when it was used."""
    told = repr(astuple(replace(model, started_at=0, revision=0, last_used_at=None)))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
