"""The page about alert rules, made of the declarations of their conditions."""

from __future__ import annotations

from typing import Any

from tokometer.alerting import CONDITIONS, SEVERITIES, Condition, Param
from tokometer.alerting.rule import FOR
from tokometer.settings.sections import written


def alerts_page() -> str:
    """Every condition: what it means, what it takes, and a rule of it."""
    conditions = "\n\n".join(_condition(one) for one in CONDITIONS.values())
    return f"""# Alert rules

A rule is declared in the same words in `tokometer.toml` (`[[alert]]`), over HTTP (`POST /api/rules`) and in the form on
the page Alerts. [How to use them](../how-to/alerts.md).

| key | takes | default |
|---|---|---|
| `title` | text | required |
| `condition` | one of those below | required |
| `measure` | any [measure](measures.md) or [judgement](judgements.md), where the condition measures | required there |
| `where` | filters, all of which hold: `["calls.team = research"]`, as in `tokometer query --where` | all records |
| `window` | `15m`, `24h`, `7d`, `4w`, `3mo`, `today`, `week`, `month` or `year` | that of the condition |
| `tz` | the zone whose days, weeks and months they are | `UTC` |
| `each` | a dimension whose values are told apart | none |
| `{FOR.name}` | {FOR.title.lower()} so many minutes {FOR.meaning} | 0 |
| `severity` | {", ".join(f"`{name}`" for name in SEVERITIES)} | `warning` |
| `enabled` | true or false | true |

{conditions}
"""


def _condition(condition: Condition) -> str:
    parts = [
        f"## `{condition.name}`: {condition.title.lower()}",
        f"{condition.meaning[:1].upper()}{condition.meaning[1:]}.",
    ]
    facts = []
    if condition.of:
        facts.append("takes any measure or judgement" if condition.of == "any" else "takes any measure")
    if condition.window:
        facts.append(f"looks at `{condition.window}` where no window is named")
    if not condition.filtered:
        facts.append("takes no filters")
    if not condition.past:
        facts.append("cannot be tried on the past")
    if facts:
        parts.append(f"It {', '.join(facts)}.")
    if condition.takes:
        rows = "\n".join(_row(one) for one in condition.takes)
        parts.append(f"| key | takes | meaning | default |\n|---|---|---|---|\n{rows}")
    parts.append(f"```toml\n{_example(condition)}\n```")
    return "\n\n".join(parts)


def _row(one: Param) -> str:
    takes = " or ".join(f"`{word}`" for word in one.words) or {"number": "a number", "whole": "a whole number"}.get(
        one.form, "text"
    )
    unit = f" ({'its unit' if one.unit == 'measure' else one.unit})" if one.unit else ""
    default = "required" if one.required else "none" if one.default in (None, "") else f"`{_plain(one.default)}`"
    return (
        f"| `{one.name}` | {takes}{unit} | {one.title.lower()}{f': {one.meaning}' if one.meaning else ''} | {default} |"
    )


def _example(condition: Condition) -> str:
    told: dict[str, Any] = {"title": condition.title, "condition": condition.name, **condition.example}
    return "\n".join(["[[alert]]", *(f"{name} = {written(value)}" for name, value in told.items())])


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
