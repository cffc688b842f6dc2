"""`tokometer reprice`: what history would cost at the prices as they are now; applied only when told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from tokometer.cli.options import data_option
from tokometer.cli.shown import say, say_json
from tokometer.records.plural import counted, verb

_MOST = 20
_ALWAYS = ("apply", "undo", "provider", "model")


@click.command(short_help="What history would cost at today's price book.")
@click.option("--apply", is_flag=True, help="Write the new costs; without it they are only shown.")
@click.option("--since", metavar="TIME", default="", help="Only calls from then on: 2026-10-01, or a time of ISO 8601.")
@click.option("--until", metavar="TIME", default="", help="Only calls before then.")
@click.option("--provider", default="", help="Only calls of this provider.")
@click.option("--model", default="", help="Only calls of this model.")
@click.option("--undo", is_flag=True, help="Make calls cost again what they did before the last re-costing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_option
def reprice(
    apply: bool, since: str, until: str, provider: str, model: str, undo: bool, as_json: bool, data: Path
) -> None:
    """Price every stored call anew, with the prices for the time when it was made, and say what that changes.

    \b
    tokometer reprice
    tokometer reprice --since 2026-10-01 --provider openai --apply

    Use it after a change of prices.toml, or after an upgrade that knows more prices. Costs that a source reported stay
    as they are. Nothing is written without --apply; then all of it is, or nothing.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.cli.progress import showing_progress

    asked = {"apply": apply, "undo": undo, "provider": provider, "model": model}
    asked |= {name: _moment(name, text) for name, text in (("since", since), ("until", until)) if text}
    if undo and (apply or len(asked) > len(_ALWAYS) or provider or model):
        raise click.UsageError("--undo stands alone: it undoes all of the last re-costing")
    with open_door(data) as door, showing_progress("Undoing" if undo else "Pricing") as progress:
        found = door.reprice(asked, progress)
    if undo and not as_json:
        say(f"{counted(found['calls'], 'call')} {verb(found['calls'], 'costs', 'cost')} again what they did before.")
    elif as_json:
        say_json(found)
    else:
        for line in _words(found):
            say(line)


def _moment(name: str, text: str) -> int:
    """Microseconds since the epoch; a day is midnight UTC."""
    from datetime import UTC, datetime

    from tokometer.records import to_us

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-10-01", param_hint=f"--{name}") from None
    return to_us(at if at.tzinfo else at.replace(tzinfo=UTC))


def _words(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["changed"]:
        yield f"All calls ({found['calls']:,}) cost what they did."
        yield from _marked(found)
        return
    for model in found["models"][:_MOST]:
        before = "unpriced" if model["unpriced_before"] == model["calls"] else f"${model['before']}"
        after = "unpriced" if model["unpriced_after"] == model["calls"] else f"${model['after']}"
        calls = counted(model["calls"], "call")
        yield f"{model['model']} ({model['provider'] or 'no provider'}): {calls}, {before} → {after}"
    if len(found["models"]) > _MOST:
        yield f"… and {len(found['models']) - _MOST} more models (--json has them all)"
    yield ""
    of = f"{found['changed']:,} of {counted(found['calls'], 'call')}"
    if found["applied"]:
        yield f"{of} now {verb(found['changed'], 'costs', 'cost')} something else."
    else:
        yield f"{of} would cost something else. Write it with --apply."
    yield from _marked(found)


def _marked(found: Mapping[str, Any]) -> Iterator[str]:
    if found["marked"]:
        done = "is kept now" if found["applied"] else "is kept with --apply"
        yield f"Of {found['marked']:,} others, how sure their price is {done}."
