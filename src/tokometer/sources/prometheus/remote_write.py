"""Prometheus' remote write: what it scraped, sent on to us.

A request may hold a part of a histogram's buckets only, so they are kept as they were sent: each the count of all that
is at most its bound (label `le`). Series that differ in labels that are not kept are told apart by a label `series`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any, Final

from tokometer.records import Record, Refusal
from tokometer.records.redaction import redacted
from tokometer.sources.noticed import Noticed
from tokometer.sources.prometheus.meanings import Meanings, Meant, Place
from tokometer.sources.prometheus.native import histogram_of, is_stale
from tokometer.sources.prometheus.scrape import BELOW_ZERO
from tokometer.sources.protocol import Answer, NotUnderstood, Received, Sent, Told
from tokometer.sources.series import BUCKET, Point, histogram_samples, samples_of
from tokometer.sources.series.histogram import bound_text

SOURCE: Final = "prometheus"
PROTOBUF: Final = "application/x-protobuf"
#: First bytes of a request: fields 1 and 3 are those of 1.0, fields 4 and 5 those of 2.0.
_FIRST_2: Final = (0x22, 0x2A)
#: The last time that a series may be of, in milliseconds.
_LATEST_MS: Final = 10**14
#: Series that are remembered.
_MOST_SERIES: Final = 200_000
_OK, _INVALID = 204, 400

_Labels = tuple[bytes, ...]


class RemoteWrite:
    """Remote write, 1.0 and 2.0; see `sources.protocol.Push`."""

    summary = "Take samples that Prometheus writes to another server (remote write 1.0 and 2.0)."

    def __init__(self, path: str) -> None:
        self.path = path
        self._meanings = Meanings(Place(), apart=True)
        self._noticed: set[str] = set()
        self._known: dict[_Labels, tuple[str, tuple[Meant, ...]]] = {}

    def portions(self, body: bytes, media_type: str) -> Iterator[bytes]:  # noqa: ARG002 - as it is
        """See `Push.portions`: Prometheus sends some thousand samples at a time."""
        yield body

    def read(self, body: bytes, sent: Sent) -> Received:
        """See `Push.read`."""
        if sent.media_type != PROTOBUF:
            raise NotUnderstood(f"Content-Type is not {PROTOBUF}", 415)
        received = Received()
        noticed = Noticed(SOURCE, f"POST {self.path}")
        for raw, symbols in _series(body):
            first = sent.first + received.count
            try:
                self._one(raw, symbols, received, noticed, first)
            except (ValueError, IndexError) as error:
                reason = str(error) if type(error) is ValueError else "is no series that can be read"
                received.count = max(received.count, first + 1 - sent.first)
                received.refusals.append(Refusal(SOURCE, f"POST {self.path}", first, "", reason, sent.now))
        received.notices = noticed.all()
        return received

    def names(self, body: bytes) -> list[str]:
        """See `Push.names`: for 2.0 a name for every native histogram, which are counted apart from samples."""
        if body[:1] and body[0] in _FIRST_2:
            return ["histogram"] * sum(len(_decoded(raw, two=True).histograms) for raw, _ in _series(body))
        return []

    def answer(self, told: Told, answered: Iterable[str]) -> Answer:
        """204; 400 where something was refused, which is not to be sent again. What counts is said as 2.0 wants it."""
        histograms = sum(1 for _ in answered)
        headers = {
            "X-Prometheus-Remote-Write-Samples-Written": str(max(0, told.count - told.refused - histograms)),
            "X-Prometheus-Remote-Write-Histograms-Written": str(histograms),
            "X-Prometheus-Remote-Write-Exemplars-Written": "0",
        }
        if not told.refused:
            return Answer(_OK, b"", headers=headers)
        reason = told.refusals[0].reason if told.refusals else ""
        text = f"{told.refused:,} refused, the others are kept; the first: {redacted(reason, 300)}\n"
        return Answer(_INVALID, text.encode(), "text/plain; charset=utf-8", headers)

    def failure(self, status: int, reason: str) -> Answer:
        """See `Push.failure`."""
        return Answer(status, f"{redacted(reason, 400)}\n".encode(), "text/plain; charset=utf-8")

    def _one(self, raw: bytes, symbols: Sequence[bytes] | None, received: Received, noticed: Noticed, at: int) -> None:
        """The samples of one series."""
        told = _decoded(raw, two=symbols is not None)
        key = tuple(told.labels) if symbols is None else tuple(symbols[ref] for ref in told.labels_refs)
        known = self._known.get(key)
        if known is None:
            known = self._learn(key, _labels(key, two=symbols is not None))
        name, meant = known
        count = len(told.samples) + len(told.histograms)
        received.count += count
        if not meant:
            if name not in self._noticed and not self._meanings.known(name):
                # A Prometheus sends on everything that it scrapes, again and again: counted once is enough.
                self._noticed.add(name)
                noticed.add("metric", name)
            return
        for position, sample in enumerate(told.samples, at):
            if isfinite(sample.value):
                self._keep(_readings(meant, sample), position, received)
        for position, histogram in enumerate(told.histograms, at + len(told.samples)):
            if not is_stale(histogram):
                self._keep(_counted(meant, histogram), position, received)

    def _keep(self, records: Iterable[Record], position: int, received: Received) -> None:
        for record in records:
            received.records.append(record)
            received.positions.append(position)

    def _learn(self, key: _Labels, labels: dict[str, str]) -> tuple[str, tuple[Meant, ...]]:
        name = labels.pop("__name__", "")
        if not name:
            raise ValueError("has no name")
        found = (name, self._meanings.of(name, labels) if self._meanings.known(name) else ())
        if len(self._known) >= _MOST_SERIES:
            self._known.clear()
            self._noticed.clear()
        self._known[key] = found
        return found


def _series(body: bytes) -> Iterator[tuple[bytes, Sequence[bytes] | None]]:
    """The series of a request as bytes, for 2.0 with the symbols that they refer to.

    Raises:
        NotUnderstood: It is no such request.
    """
    from tokometer.sources.prometheus.messages import Request, WriteRequest
    from tokometer.sources.protobuf import DecodeError

    try:
        if body[:1] and body[0] in _FIRST_2:
            request = Request.FromString(body)
            symbols = list(request.symbols)
            yield from ((raw, symbols) for raw in request.timeseries)
        else:
            yield from ((raw, None) for raw in WriteRequest.FromString(body).timeseries)
    except DecodeError:
        raise NotUnderstood("the body is not a remote-write request in protobuf") from None


def _decoded(raw: bytes, *, two: bool) -> Any:  # noqa: ANN401 - a message
    from tokometer.sources.prometheus.messages import TimeSeries, TimeSeries2
    from tokometer.sources.protobuf import DecodeError

    try:
        return (TimeSeries2 if two else TimeSeries).FromString(raw)
    except DecodeError:
        raise ValueError("is no series that can be read") from None


def _labels(key: _Labels, *, two: bool) -> dict[str, str]:
    from tokometer.sources.prometheus.messages import Label
    from tokometer.sources.protobuf import DecodeError

    pairs: Iterable[tuple[bytes, bytes]]
    if two:
        if len(key) % 2:
            raise ValueError("has a label without a value")
        pairs = zip(key[::2], key[1::2], strict=True)
    else:
        try:
            pairs = [(label.name, label.value) for label in map(Label.FromString, key)]
        except DecodeError:
            raise ValueError("has labels that cannot be read") from None
    try:
        return {name.decode(): value.decode() for name, value in pairs}
    except UnicodeDecodeError:
        raise ValueError("has labels that are not UTF-8") from None


def _at(timestamp: int) -> int:
    if not 0 <= timestamp < _LATEST_MS:
        raise ValueError("has a time that is none")
    return timestamp * 1000


def _readings(meant: tuple[Meant, ...], sample: Any) -> Iterator[Record]:  # noqa: ANN401 - a message
    at = _at(sample.timestamp)
    for series, form, kind, rule, bound, _ in meant:
        if sample.value >= rule.blank or kind == "histogram":
            continue
        if sample.value < 0 and form == "counter":
            raise ValueError(BELOW_ZERO)
        value = sample.value * rule.scale
        if rule.since:
            value = at / 1e6 - value
        told = series if kind == "value" else series.named(BUCKET, "le", bound_text(bound), "")
        yield from samples_of(told, Point(at, value, "counter" if form == "counter" else "gauge"), SOURCE)


def _counted(meant: tuple[Meant, ...], message: Any) -> Iterator[Record]:  # noqa: ANN401 - a message
    histogram = histogram_of(message)
    for one in (one for one in meant if one.kind == "histogram"):
        yield from histogram_samples(one.series, Point(_at(message.timestamp), 0.0, "counter"), histogram, SOURCE)
