"""The reference of standard readings, from the meters and the dialects that mean them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_FAMILIES: Final = {
    "server": "Inference servers",
    "gpu": "GPUs",
    "gateway": "Gateways",
    "agent": "Agents",
    "system": "Machines",
}
_HEAD: Final = """# Standard readings

What exporters call many things has one name and one unit here: ask for it with `samples.metric`. How readings are kept
stands [elsewhere](series.md); how exporters are [scraped](../how-to/sources/prometheus.md), too. Counters are met with
and without `_total`, colons also as underscores. Of two names in one cell the first holds where both are there.
"""


def meters_page() -> str:
    """Every standard name, by family, with what exporters call it."""
    from tokometer.records.meters import METERS
    from tokometer.sources.prometheus.dialects import dialects

    theirs: dict[str, list[str]] = {}
    for dialect in dialects():
        for rule in dialect.rules:
            told = f"`{rule.theirs}`" + (f" ({_where(rule.where)})" if rule.where else "")
            named = f"{rule.ours}_{rule.part}" if rule.part else rule.ours
            theirs.setdefault(rule.ours, []).append(f"{told} → `{named}`" if rule.part else told)
    parts = [_HEAD]
    for family, title in _FAMILIES.items():
        rows = "".join(
            f"| `{name}` | {meter.unit} | {meter.form} | {meter.meaning} | {_listed(theirs.get(name, []))} |\n"
            for name, meter in METERS.items()
            if name.startswith(family + ".")
        )
        parts.append(f"## {title}\n\n| name | unit | kind | meaning | of exporters |\n|---|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def _listed(names: list[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _where(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in labels.items())
