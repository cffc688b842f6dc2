"""What the demo's company has: models on offer and on its machines, knowledge bases and their documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Final, Literal
from zlib import crc32

from tokometer.demo.company import KNOWLEDGE_BASES, TEAMS
from tokometer.demo.journal import MINUTE, SECOND
from tokometer.demo.machines import LOCAL
from tokometer.demo.models import EMBED_LARGE, MODELS, VLLM_OSS, VLLM_QWEN, VOYAGE, Model
from tokometer.demo.rhythm import DAY
from tokometer.records import Document, KnowledgeBase, ModelCall, ModelOnOffer, Record
from tokometer.records.families import family_of
from tokometer.records.providers import PROVIDERS

State = Literal["indexed", "pending", "failed", "removed", "unknown"]
#: The knowledge bases whose documents are told one by one, and their media types.
_DETAILED: Final = {"support-playbooks": "text/markdown", "runbooks": "text/html"}
_OWNERS: Final = {base: team.name for team in TEAMS for base in team.knowledge}
_TOPICS: Final = ("Refunds", "Sign-in", "Outages", "Invoices", "Exports", "Limits", "Webhooks", "Backups", "Deploys")
#: What becomes of documents: share, state, why.
_STATES: Final[tuple[tuple[float, State, str], ...]] = (
    (0.955, "indexed", ""),
    (0.975, "failed", "One page could not be read: it is an image"),
    (0.99, "pending", ""),
    (1.0, "removed", ""),
)
_HOSTS: Final = {VLLM_QWEN.id: "atlas-01", VLLM_OSS.id: "atlas-02"}
_PARAMETERS: Final = {VLLM_OSS.id: 20_900_000_000, VLLM_QWEN.id: 27_000_000_000}
#: On the machine though nobody has called them, and one that is just being fetched: id, bytes, parameters, progress.
_IDLE: Final = (
    ("mistral-nemo:12b", 7_071_713_232, 12_200_000_000, None),
    ("gemma3:27b", 17_396_936_941, 27_400_000_000, 0.42),
)
#: The most tokens that a model gives at once.
_LONGEST: Final = 64_000
_TOKENS_A_CHUNK, _BYTES_A_TOKEN = 310, 4


class Inventory:
    """Keeps track of which models were used, and tells at the end what there is."""

    def __init__(self, tag: str, workspace: str, rng: Random, start: int, end: int) -> None:
        self._tag = tag
        self._workspace = workspace
        self._rng = rng
        self._start = start
        self._end = end
        self._numbers = 0
        self._used: dict[tuple[str, str], int] = {}

    def see(self, calls: Iterable[ModelCall]) -> None:
        """Remember when models were last used."""
        for call in calls:
            key = (call.provider, call.model)
            self._used[key] = max(call.started_at, self._used.get(key, 0))

    def tell(self) -> Iterator[Record]:
        """Everything there is at the end of the window."""
        at = self._end - MINUTE
        for model in MODELS:
            yield self._offered(model, at)
        known = {(model.provider, model.id) for model in MODELS}
        for provider, name in sorted(self._used.keys() - known):
            if name:
                yield self._offered(Model(provider, name), at)
        for name, size, parameters, progress in _IDLE:
            yield ModelOnOffer(
                **self._common(at),
                provider="ollama",
                model=name,
                family=family_of(name),
                size_bytes=size,
                parameters=parameters,
                quantisation="Q4_K_M",
                file_format="gguf",
                context_window=131_072,
                tools="yes" if progress is None else "no",
                installed="yes" if progress is None else "no",
                status="available" if progress is None else "downloading",
                progress=progress,
                machine="atlas-02",
                installed_at=self._end - 9 * DAY if progress is None else None,
            )
        for base, documents, chunks in KNOWLEDGE_BASES:
            yield from self._base(at, base, documents, chunks)

    def _offered(self, model: Model, at: int) -> ModelOnOffer:
        local = PROVIDERS[model.provider].local
        held = next((one for one in LOCAL if one[0] == model.id and model.provider == "ollama"), None)
        parameters = _parameters(held[2]) if held else _PARAMETERS.get(model.id) if local else None
        tools = held[4] if held else bool(model.speed)
        return ModelOnOffer(
            **self._common(at),
            provider=model.provider,
            model=model.id,
            family=family_of(model.id),
            size_bytes=held[1] if held else None,
            parameters=parameters,
            quantisation=held[3] if held else "fp8" if local else "",
            file_format="gguf" if held else "safetensors" if local else "",
            context_window=model.window,
            max_output_tokens=min(model.window // 4, _LONGEST) if model.speed else None,
            released_at=self._start - (30 + crc32(model.id.encode()) % 400) * DAY,
            tools="yes" if tools else "no",
            installed="yes" if local else "",
            status="available",
            machine=("atlas-02" if held else _HOSTS.get(model.id, "")) if local else "",
            installed_at=self._start - 30 * DAY if local else None,
            last_used_at=self._used.get((model.provider, model.id)),
        )

    def _base(self, at: int, base: str, documents: int, chunks: int) -> Iterator[Record]:
        embedder = VOYAGE if base.startswith("research") else EMBED_LARGE
        team = _OWNERS.get(base, "operations")
        common: dict[str, Any] = {"embedding_model": embedder.id, "provider": embedder.provider, "team": team}
        tokens = chunks * _TOKENS_A_CHUNK
        yield KnowledgeBase(
            **self._common(at),
            name=base,
            description=f"What the {team} team has written down",
            documents=documents,
            chunks=chunks,
            tokens=tokens,
            size_bytes=tokens * _BYTES_A_TOKEN,
            status="ready",
            environment="production",
            **common,
        )
        media_type = _DETAILED.get(base)
        if media_type is None:
            return
        rng = self._rng
        for number in range(documents):
            chance = rng.random()
            state, why = next((state, why) for share, state, why in _STATES if chance < share)
            pieces = max(1, round(rng.expovariate(documents / chunks))) if state == "indexed" else None
            counted = None if pieces is None else pieces * _TOKENS_A_CHUNK + rng.randint(-40, 40)
            yield Document(
                **self._common(self._start + int(rng.random() * (self._end - self._start))),
                knowledge_base=base,
                title=f"{_TOPICS[number % len(_TOPICS)]}, part {number // len(_TOPICS) + 1}",
                path=f"{base}/{number:04d}.{'md' if media_type.endswith('markdown') else 'html'}",
                media_type=media_type,
                status=state,
                error_message=why,
                chunks=pieces,
                tokens=counted,
                size_bytes=None if counted is None else counted * _BYTES_A_TOKEN + rng.randint(0, 300),
                duration_us=None if pieces is None else int(pieces * 40_000 + rng.random() * SECOND),
                project="retrieval",
                user="indexer",
                environment="production",
                **common,
            )

    def _common(self, at: int) -> dict[str, Any]:
        self._numbers += 1
        return {
            "workspace": self._workspace,
            "source": "api",
            "native_id": f"demo-{self._tag}-i{self._numbers:05x}",
            "started_at": at,
            "revision": at,
        }


def _parameters(words: str) -> int:
    """`8.0B` as a number."""
    return round(float(words[:-1]) * {"M": 1e6, "B": 1e9}[words[-1]])
