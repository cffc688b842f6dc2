"""What is known of models beside their use: who offers them at which price, and what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from tokometer.measures import Feed
from tokometer.prices import PriceBook
from tokometer.records.families import family_of
from tokometer.server.endpoints.asking import Asked
from tokometer.server.endpoints.naming import provider_name

if TYPE_CHECKING:
    from tokometer.prices.explanation import ModelInfo

_COLUMNS: Final = (
    "provider",
    "model",
    "title",
    "family",
    "context_window",
    "max_output_tokens",
    "released_at",
    "last_used_at",
    "installed_at",
    "installed",
    "tools",
    "vision",
    "size_bytes",
    "parameters",
    "quantisation",
    "file_format",
    "licence",
    "status",
    "progress",
)
#: What a provider says of a model, in the order in which answers have it.
_FACTS: Final = _COLUMNS[6:]
_FLAGS: Final = {"yes": True, "no": False}


@dataclass(slots=True)
class Model:
    """A model with everybody who offers it, the one that served most calls first."""

    id: str
    providers: list[str] = field(default_factory=list)
    #: By provider: what is told of it.
    told: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def fact(self, name: str) -> Any:  # noqa: ANN401 - as told
        """The first that is known of it; None for nothing."""
        found = (row[name] for row in (self.told.get(provider, {}) for provider in self.providers) if row)
        return next((value for value in found if value not in (None, "")), None)

    def flag(self, name: str) -> bool | None:
        """What is told as yes or no."""
        return _FLAGS.get(self.fact(name) or "")


def models_of(asked: Asked, used: Iterable[tuple[str, str]]) -> dict[str, Model]:
    """Models by id: those in use, as pairs of provider and model, the most used first, and those on offer."""
    context = asked.context
    feed = Feed(
        cube="models",
        columns=_COLUMNS,
        where=context.where("models"),
        since="all",
        limit=1_000,
        tz=context.scope.zone.key,
    )
    # Filters that offers know nothing of choose calls, and with them models that are called.
    offers = [] if context.unheard("models") else context.ask(feed).rows
    found: dict[str, Model] = {}
    for provider, model in [*used, *((row["provider"], row["model"]) for row in offers)]:
        if not model:
            continue
        into = found.setdefault(model, Model(model))
        if provider not in into.providers:
            into.providers.append(provider)
    for row in offers:
        if row["model"]:
            found[row["model"]].told.setdefault(row["provider"], row)
    return found


def definition(asked: Asked, model: Model) -> dict[str, Any]:
    """What is known of a model, under the names that answers have."""
    provider = model.providers[0] if model.providers else ""
    priced = prices(asked, provider, model.id)
    told = {name: model.fact(name) for name in _FACTS if name not in ("tools", "vision", "installed")}
    context = model.fact("context_window") or (priced.context_window if priced else None)
    return {
        "id": model.id,
        "name": model.fact("title") or (priced.name if priced else model.id),
        "provider": provider or None,
        "provider_name": provider_name(provider) if provider else None,
        "providers": [one for one in model.providers if one],
        "model_family": family_of(model.id) or None,
        "context_window": context,
        "max_tokens": model.fact("max_output_tokens"),
        "deprecated": (priced is not None and priced.deprecated) or told["status"] == "deprecated",
        "release_date": told["released_at"],
        "cost_per_1m_input": priced.input if priced else None,
        "cost_per_1m_output": priced.output if priced else None,
        "cost_per_1m_cache_read": priced.cache_read if priced else None,
        "price_source": priced.source if priced else None,
        "supports_tools": model.flag("tools"),
        "supports_vision": model.flag("vision"),
        "installed": model.flag("installed"),
        "description": _sentence(model, context, priced),
        **{name: told[name] for name in ("size_bytes", "parameters", "quantisation", "licence", "status")},
        "download_percent": told["progress"],
        "last_used": told["last_used_at"],
    }


def prices(asked: Asked, provider: str, model: str) -> ModelInfo | None:
    """What the price book says of a model today; None where it has neither price nor entry."""
    return _prices(asked.runtime.book, provider, model, asked.now.date().toordinal())


@lru_cache(2_048)
def _prices(book: PriceBook, provider: str, model: str, _day: int) -> ModelInfo | None:
    return book.model_info(provider, model)


def _sentence(model: Model, context: int | None, priced: ModelInfo | None) -> str:
    """A model in one sentence, of what is known."""
    family = family_of(model.id)
    who = ", ".join(provider_name(one) for one in model.providers if one) or "an unknown provider"
    parts = [f"A model of the family {family}" if family else "A model", f"from {who}"]
    if context:
        parts.append(f"with room for {context:,} tokens")
    if priced is not None and priced.input is not None and priced.output is not None:
        price = f"at ${priced.input.normalize():f} in and ${priced.output.normalize():f} out per million tokens"
        parts.append(price if priced.input or priced.output else "at no price per token")
    return f"{' '.join(parts)}."


def last_used(asked: Asked) -> dict[str, datetime]:
    """When each model was last called: the hour, if that was in the last 24, else the day, of the last 30."""
    found: dict[str, datetime] = {}
    for window, grain in (("30d", "day"), ("24h", "hour")):
        rows: Sequence[Mapping[str, Any]] = asked.context.query(
            asked.context.window(window), "requests", by=("model",), grain=grain
        ).rows
        for row in rows:
            if row["requests"]:
                found[row["model"]] = max(row["time"], found.get(row["model"], row["time"]))
    return found
