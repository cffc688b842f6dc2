"""Which providers and models there are: those that we know anyway, that are on offer, and that were called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tokometer.measures import Filter, Query
from tokometer.records.providers import PROVIDERS, known_provider
from tokometer.server.endpoints.asking import Asked, missing
from tokometer.server.runtime import Runtime

#: Seconds for which a list of names is kept.
_KEPT: Final = 60.0
#: What tells which names there are: calls, and what is on offer.
_TOLD: Final = ("calls.requests", "models.models")
#: Filters whose values have to be known, so that a slip of the pen does not read as "nothing was used".
_CHECKED: Final = ("provider", "model")


def provider_in(asked: Asked, part: str = "slug") -> str:
    """The slug of the provider that the path names, in any spelling.

    Raises:
        HTTPException: 404, there is none.
    """
    given = asked.path[part]
    known = seen(asked.runtime, "provider", given)
    slug = given if given in known or given in PROVIDERS else known_provider(given)
    if not slug:
        raise missing("provider", given, [*known, *PROVIDERS])
    return slug


def model_in(asked: Asked, part: str = "model_id") -> str:
    """The model that the path names.

    Raises:
        HTTPException: 404, nobody has called or offered it.
    """
    return model_named(asked, asked.path[part])


def model_named(asked: Asked, given: str) -> str:
    """A model by its id; see :func:`model_in`."""
    known = seen(asked.runtime, "model", given)
    if given not in known:
        raise missing("model", given, list(known))
    return given


def check_filters(asked: Asked) -> None:
    """See that providers and models that are filtered by are known.

    Raises:
        HTTPException: 404, one is not.
    """
    for dimension, values in asked.context.scope.where:
        if dimension in _CHECKED:
            for value in values:
                known = seen(asked.runtime, dimension, value)
                if value and value not in known and not (dimension == "provider" and value in PROVIDERS):
                    raise missing(dimension, value, [*known, *(PROVIDERS if dimension == "provider" else ())])


def seen(runtime: Runtime, dimension: str, wanted: str = "") -> Mapping[str, int]:
    """The names that were called or are on offer, with their calls of all time, the most called first.

    Where it is only asked whether there is one `wanted`, the answer may be a minute old, as long as it is in it.
    """
    known = runtime.names.get(dimension, lambda: _ask(runtime, dimension), _KEPT, _KEPT if wanted else 0.0)
    if not wanted or wanted in known:
        return known
    # Of very many names not all are listed; and this one may have come since.
    return {**known, **_ask(runtime, dimension, wanted)}


def _ask(runtime: Runtime, dimension: str, wanted: str = "") -> Mapping[str, int]:
    found: dict[str, int] = {}
    for measure in _TOLD:
        cube, _, short = measure.partition(".")
        by = f"{cube}.{dimension}"
        where = (Filter(by, "=", (wanted,)),) if wanted else ()
        result = runtime.ask(Query(measures=(measure,), by=(by,), where=where, since="all"))
        for row in result.rows:
            found.setdefault(row[dimension], row[short] if cube == "calls" else 0)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def provider_name(slug: str) -> str:
    """What people call a provider."""
    if slug in PROVIDERS:
        return PROVIDERS[slug].name
    return slug or "unknown"
