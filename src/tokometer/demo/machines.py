"""Gauges of the company's own machines: GPUs, the inference servers on them, local models, the gateway's view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from tokometer.demo.company import KNOWLEDGE_BASES
from tokometer.demo.incidents import Incident
from tokometer.demo.journal import MINUTE
from tokometer.demo.models import (
    FLASH,
    GPT_4O_MINI,
    LUNA,
    OLLAMA_CODER,
    OLLAMA_EMBED,
    OLLAMA_LLAMA,
    OLLAMA_QWEN,
    SOL,
    TERRA,
    TOGETHER_KIMI,
    VLLM_OSS,
    VLLM_QWEN,
)
from tokometer.demo.rhythm import DAY, HOUR, desks
from tokometer.records import Sample, to_datetime

#: The last two days are sampled finely, what came before by the hour.
FINE_FOR: Final = 2 * DAY
FINE: Final = 5 * MINUTE
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Device:
    """One GPU and what runs on it."""

    host: str
    index: int
    name: str
    #: Memory in MiB, power in watts: idle and at full load.
    memory: int
    idle: int
    full: int
    #: The model that is loaded, how much memory it takes, and how much of the desks' rhythm its load follows.
    model: str
    resident: int
    share: float


DEVICES: Final = (
    Device("atlas-01", 0, "NVIDIA L40S", 46_068, 34, 350, VLLM_QWEN.id, 38_900, 0.92),
    Device("atlas-01", 1, "NVIDIA L40S", 46_068, 33, 350, VLLM_QWEN.id, 38_850, 0.88),
    Device("atlas-02", 0, "NVIDIA L4", 23_034, 16, 72, VLLM_OSS.id, 19_300, 0.74),
    Device("atlas-02", 1, "NVIDIA RTX A6000", 49_140, 22, 300, OLLAMA_QWEN.id, 31_400, 0.55),
)
#: When each host was last started, in days before the window's end.
_STARTED: Final = {"atlas-01": 47.4, "atlas-02": 12.8}
#: The inference servers: model, host, tokens per second at full load.
_SERVERS: Final = ((VLLM_QWEN.id, "atlas-01", 2_350), (VLLM_OSS.id, "atlas-02", 1_480))
#: Their histograms of latency: name, upper bounds in seconds, and where most requests fall while nobody waits.
_HISTOGRAMS: Final = (
    ("server.ttft_bucket", ("0.05", "0.1", "0.25", "0.5", "1", "2.5", "5"), 2.2),
    ("server.inter_token_bucket", ("0.005", "0.01", "0.02", "0.04", "0.08", "0.16"), 1.6),
)
#: What the gateway counts of its deployments: model, who answers where it fails, requests a second at full load.
_DEPLOYMENTS: Final = ((SOL, TERRA, 0.9), (FLASH, LUNA, 1.4), (TOGETHER_KIMI, FLASH, 0.3), (GPT_4O_MINI, FLASH, 0.5))
#: Of its requests fail ordinarily; of those that failed, so many another model answered.
_FAILING, _ANSWERED = 1 / 128, 7 / 8
_COUNTED: Final = ("requests", "failures", "answered", "unanswered", "cooldowns")
#: What OpenAI allows a minute.
_ALLOWED: Final = (
    ("gateway.limit.requests_left", 2_000, "requests"),
    ("gateway.limit.tokens_left", 900_000, "tokens"),
)
#: The budgets that the gateway keeps a month: whose, of, US dollars, and how much of it a month uses.
_BUDGETS: Final = (
    ("team", "product", 1_500, 0.85),
    ("team", "support", 900, 1.15),
    ("team", "growth", 400, 0.6),
    ("api_key", "nightly-evals", 250, 0.95),
)
#: Models that Ollama holds: id, bytes, parameters, quantisation, whether it can call tools.
LOCAL: Final = (
    (OLLAMA_LLAMA.id, 4_920_753_328, "8.0B", "Q4_K_M", True),
    (OLLAMA_QWEN.id, 18_556_699_314, "30.5B", "Q4_K_M", True),
    (OLLAMA_CODER.id, 18_556_700_761, "30.5B", "Q4_K_M", True),
    (OLLAMA_EMBED.id, 274_302_450, "137M", "F16", False),
)


def _exact(value: float, parts: int = 128) -> float:
    """A value in so many parts of one, a power of two: whoever adds such up, in whatever order, has the same sum."""
    return round(parts * value) / parts


class Machines:
    """Writes what a scrape of exporters would have given, in standard names and units."""

    def __init__(self, tag: str, workspace: str, rng: Random, start: int, end: int) -> None:
        self._tag = tag
        self._workspace = workspace
        self._rng = rng
        self._end = end
        self._start = start
        self._numbers = 0
        self._counted = {model: [0.0, 0.0] for model, _, _ in _SERVERS}
        self._answered = {model: [[0] * len(bounds) for _, bounds, _ in _HISTOGRAMS] for model, _, _ in _SERVERS}
        self._sampled = start
        self._passed = {(model.id, what): 0.0 for model, _, _ in _DEPLOYMENTS for what in _COUNTED}
        self._counted_at = start

    def scrape(self, start: int, end: int, step: int, troubles: tuple[Incident, ...] = ()) -> Iterator[Sample]:
        """What is scraped in [start, end), once every `step` microseconds."""
        for at in range(-(-start // step) * step, end, step):
            load = min(0.08 + 1.05 * sum(desks(at)), 1.0)
            for device in DEVICES:
                yield from self._device(at, device, load)
            for model, host, speed in _SERVERS:
                yield from self._server(at, model, host, speed, load)
            yield from self._gateway(at, load, troubles)
            if at % HOUR == 0:
                yield from self._budgets(at)
                for host, days in _STARTED.items():
                    since = self._end - int(days * DAY)
                    up = (at - since) if at >= since else (at - since) % (61 * DAY)
                    yield self._sample(at, "system.uptime", up / 1e6, "s", host=host)
            if at % DAY == 0:
                yield from self._inventory(at)
        yield from self._cooldowns(start, end, troubles)

    def _device(self, at: int, device: Device, load: float) -> Iterator[Sample]:
        rng = self._rng
        busy = min(max(load * device.share * exp(rng.gauss(0, 0.22)), 0.0), 1.0)
        if rng.random() < 0.06:  # noqa: PLR2004 - now and then nobody asks
            busy *= 0.08
        power = device.idle + (device.full - device.idle) * busy**0.8 * (0.94 + 0.08 * rng.random())
        used = device.resident + int((device.memory - device.resident) * 0.7 * busy * rng.random())
        for metric, value, unit in (
            ("gpu.utilisation", _exact(busy), "1"),
            ("gpu.power", _exact(min(power, device.full), 4), "W"),
            ("gpu.memory.used", used * MIB, "By"),
            ("gpu.memory.free", (device.memory - used) * MIB, "By"),
            ("gpu.temperature", round(31 + 46 * busy**0.7 + rng.gauss(0, 1.2)), "Cel"),
            ("gpu.tensor.active", _exact(0.17 * busy * (0.85 + 0.3 * rng.random()), 4096), "1"),
        ):
            yield self._sample(
                at,
                metric,
                float(value),
                unit,
                host=device.host,
                device=f"gpu{device.index}",
                model=device.model,
                labels={"modelName": device.name},
            )

    def _server(self, at: int, model: str, host: str, speed: int, load: float) -> Iterator[Sample]:
        rng = self._rng
        busy = min(load * exp(rng.gauss(-0.1, 0.3)), 1.0)
        passed = (at - max(self._sampled, self._start)) / 1e6 if at > self._sampled else 0.0
        if model == _SERVERS[-1][0]:
            self._sampled = at
        generated = self._counted[model]
        generated[0] += round(passed * busy * speed * 0.12)
        generated[1] += round(passed * busy * speed * 0.55)
        running = int(24 * busy * (0.7 + 0.6 * rng.random()))
        waiting = int(max(busy - 0.82, 0) * 40 * rng.random())
        for metric, value, unit, mode in (
            ("server.requests.running", running, "requests", False),
            ("server.queue.waiting", waiting, "requests", False),
            ("server.kv_cache.used", _exact(min(0.04 + 0.8 * busy * rng.random(), 1.0)), "1", False),
            ("server.tokens.generated", generated[0], "tokens", True),
            ("server.tokens.prompt", generated[1], "tokens", True),
        ):
            yield self._sample(at, metric, float(value), unit, counter=mode, host=host, model=model, provider="vllm")
        yield from self._latency(at, model, host, passed * busy)

    def _latency(self, at: int, model: str, host: str, worked: float) -> Iterator[Sample]:
        """Counts of the buckets of its histograms; the busier it is, the longer requests take."""
        for counts, (metric, bounds, middle) in zip(self._answered[model], _HISTOGRAMS, strict=True):
            for _ in range(min(round(worked * 0.3), 60)):
                place = round(self._rng.gauss(middle, 0.9))
                counts[min(max(place, 0), len(counts) - 1)] += 1
            for bound, count in zip(bounds, counts, strict=True):
                yield self._sample(
                    at,
                    metric,
                    float(count),
                    counter=True,
                    host=host,
                    model=model,
                    provider="vllm",
                    labels={"bucket": bound},
                )

    def _gateway(self, at: int, load: float, troubles: tuple[Incident, ...]) -> Iterator[Sample]:
        """What the gateway has counted of its deployments, and what is left of a limit."""
        since, self._counted_at = self._counted_at, max(at, self._counted_at)
        passed = max(at - since, 0) / 1e6
        for model, other, rate in _DEPLOYMENTS:
            failing = max(
                (
                    one.failing
                    for one in troubles
                    if one.provider == model.provider and one.start < at and since < one.end
                ),
                default=_FAILING,
            )
            asked = passed * rate * load
            added = (asked, asked * failing, asked * failing * _ANSWERED, asked * failing * (1 - _ANSWERED))
            began = sum(one.provider == model.provider and since <= one.start < at for one in troubles)
            for what, more in zip(_COUNTED, (*added, began), strict=True):
                self._passed[model.id, what] += more
            for metric, what, labels in (
                ("gateway.deployment.requests", "requests", {}),
                ("gateway.deployment.failures", "failures", {}),
                ("gateway.deployment.cooldowns", "cooldowns", {}),
                ("gateway.fallbacks.successful", "answered", {"fallback": other.id}),
                ("gateway.fallbacks.failed", "unanswered", {}),
            ):
                yield self._sample(
                    at,
                    metric,
                    float(int(self._passed[model.id, what])),
                    "requests",
                    counter=True,
                    host="gateway",
                    model=model.id,
                    provider=model.provider,
                    labels=labels,
                )
            if model is SOL:
                free = max(0.0, (1 - 0.8 * load) * (1 - failing))
                for metric, allowed, unit in _ALLOWED:
                    yield self._sample(
                        at,
                        metric,
                        float(round(allowed * free)),
                        unit,
                        host="gateway",
                        model=model.id,
                        provider=model.provider,
                    )

    def _budgets(self, at: int) -> Iterator[Sample]:
        """What is left of the month's budgets, which are used a little every hour."""
        now = to_datetime(at)
        gone = (now.day - 1 + now.hour / 24) / 31
        for whose, of, total, used in _BUDGETS:
            labels = {"budget": whose, "of": of}
            left = _exact(total * (1 - used * gone))
            for metric, value in (("gateway.budget.left", left), ("gateway.budget.total", float(total))):
                yield self._sample(at, metric, value, "USD", host="gateway", labels=labels)

    def _inventory(self, at: int) -> Iterator[Sample]:
        for model, size, parameters, quantisation, tools in LOCAL:
            labels = {
                "parameter_size": parameters,
                "quantization_level": quantisation,
                "tools": "true" if tools else "false",
            }
            yield self._sample(
                at,
                "ollama.model.size",
                float(size),
                "By",
                host="atlas-02",
                model=model,
                provider="ollama",
                labels=labels,
            )
        grown = 0.62 + 0.38 * (at - self._start) / (self._end - self._start)
        for base, documents, chunks in KNOWLEDGE_BASES:
            labels = {"knowledge_base": base}
            yield self._sample(at, "knowledge.documents", float(int(documents * grown)), "documents", labels=labels)
            yield self._sample(at, "knowledge.chunks", float(int(chunks * grown)), "chunks", labels=labels)

    def _cooldowns(self, start: int, end: int, troubles: tuple[Incident, ...]) -> Iterator[Sample]:
        """What the gateway says about a deployment around an incident: 0 healthy, 1 partly, 2 out."""
        for trouble in troubles:
            for at, state in (
                (trouble.start + 2 * MINUTE, 2 if trouble.name == "outage" else 1),
                (trouble.end - MINUTE, 1),
                (trouble.end + 3 * MINUTE, 0),
            ):
                if start <= at < end:
                    yield self._sample(at, "gateway.deployment.state", float(state), "1", provider=trouble.provider)

    def _sample(
        self,
        at: int,
        metric: str,
        value: float,
        unit: str = "",
        *,
        counter: bool = False,
        host: str = "",
        device: str = "",
        model: str = "",
        provider: str = "",
        labels: dict[str, str] | None = None,
    ) -> Sample:
        self._numbers += 1
        return Sample(
            workspace=self._workspace,
            source="api",
            native_id=f"demo-{self._tag}-s{self._numbers:06x}",
            started_at=at,
            metric=metric,
            value=value,
            unit=unit,
            mode="counter" if counter else "gauge",
            host=host,
            device=device,
            model=model,
            provider=provider,
            labels=labels or {},
        )
