"""Advice about which model, of whom, where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.advice.evidence import LEAST_CALLS, LEAST_RUNS, MEASURED, Evidence
from tokometer.judgement.advice.rule import piece, rule, worth
from tokometer.judgement.declared import Row
from tokometer.records.families import family_of
from tokometer.records.providers import PROVIDERS
from tokometer.records.units import PERCENT, USD, show

#: What may be worse by how much before it is no longer called the same.
SAME_SUCCESS: Final = 0.005
SAME_LATENCY: Final = 1.25
#: How much more often answers have to be good before a model is called better.
BETTER: Final = 0.05
#: Scores that are yes or no, of each model, that say which is better.
LEAST_SCORES: Final = 10
#: Who has done less than this share of as many tasks may have had the easy ones.
LEAST_SHARE: Final = 0.1
#: Machines busier than this have no room.
ROOM: Final = 0.5
Measured = Mapping[str, Any]
_GOOD: Final = "good answers"


@rule(
    "cheaper_model",
    "A cheaper model of the family",
    assumption=(
        "The cheaper model needs as many tokens for the same work, and its tasks were no easier; how good results are "
        "is not measured."
    ),
    how="Set the model in the agent's or job's configuration, run both side by side for a week, and compare results.",
)
def cheaper_model(known: Evidence) -> Iterator[Row]:
    """Another model of the family with which an agent's jobs and tasks end as well, for less.

    What a job or task is for is done or not, so its runs tell of the work; of other calls nothing does.
    """
    for row in known.rows:
        best = _best(row, [other for other in known.rows if _family(row, other) and _as_good(row, other, known)], known)
        if best:
            yield _cheaper(row, *best, known)


@rule(
    "other_model",
    "A cheaper model of another maker",
    assumption="The other model needs as many tokens and the same prompts; how good its results are is not measured.",
    how="Set the model in the agent's or job's configuration, check its prompts with it, and compare for a week.",
)
def other_model(known: Evidence) -> Iterator[Row]:
    """A model of another family or provider with which the agent's jobs and tasks end as well, for less."""
    for row in known.rows:
        others = [
            other
            for other in known.rows
            if not _family(row, other) and not is_local(other["provider"]) and _as_good(row, other, known)
        ]
        best = _best(row, others, known)
        if best:
            yield _cheaper(row, *best, known)


@rule(
    "local_model",
    "A model of one's own machine",
    assumption="The machine is there anyway, has the time, and its power costs little; results are not measured.",
    how="Point the agent at the local server (its base URL and model name); watch how busy the machine is on Insights.",
)
def local_model(known: Evidence) -> Iterator[Row]:
    """A local model with which the agent's jobs and tasks end as well, where the machine has room."""
    busy = known.utilisation()
    if busy is None or busy > ROOM:
        return
    for row in known.rows:
        now = known.price(row, row["model"]) if row["cost"] and not is_local(row["provider"]) else None
        others = [other for other in known.rows if is_local(other["provider"]) and _as_good(row, other, known)]
        if not now or not others or not worth(now, now, known):
            continue
        other = max(others, key=lambda one: (one["requests"], one["model"]))
        yield piece(
            f"Run {row['agent']} on {other['model']} on your own machine",
            now,
            f"The calls cost {show(now, USD)} with {row['model']}, at list prices; there no tokens are billed.",
            f"{_ended(row, other, known)} The GPUs were {show(busy, PERCENT)} busy.",
            agent=row["agent"],
            model=row["model"],
            calls=row["requests"],
        )


@rule(
    "provider_price",
    "A better price for the same model",
    assumption="Both serve the same model equally well; caches, limits and regions may differ.",
    how="Change the base URL and key of whoever calls it, or the route in the gateway.",
)
def provider_price(known: Evidence) -> Iterator[Row]:
    """The same model of another provider that has served the user, as reliably, for less."""
    for row in _grouped(known.rows, ("provider", "model")):
        best: tuple[Decimal, Decimal, Measured] | None = None
        now = known.price(row, row["model"]) if row["cost"] and not is_local(row["provider"]) else None
        for other in _grouped(known.rows, ("provider", "model")) if now else ():
            if (
                other["provider"] == row["provider"]
                or is_local(other["provider"])
                or _bare(other["model"]) != _bare(row["model"])
                or other["requests"] < LEAST_CALLS
                or (other["success_rate"] or 0) < (row["success_rate"] or 0) - SAME_SUCCESS
            ):
                continue
            then = known.price(row, other["model"], provider=other["provider"])
            if now and then is not None and (best is None or now - then > best[0]):
                best = (now - then, then, other)
        if now and best and worth(best[0], now, known):
            saving, then, other = best
            yield piece(
                f"Switch {row['model']} from {_name(row['provider'])} to {_name(other['provider'])}: "
                f"{show(float(saving / now), PERCENT)} less",
                saving,
                f"The same tokens cost {show(then, USD)} there instead of {show(now, USD)}, at list prices.",
                f"{other['requests']:,} of your calls went to {_name(other['provider'])}; "
                f"{show(other['success_rate'], PERCENT)} of them succeeded.",
                model=row["model"],
                calls=row["requests"],
            )


@rule(
    "knowledge_base",
    "The model for a knowledge base",
    assumption="Questions to the knowledge base stay as they are; the other model needs as many tokens.",
    how="Set the model of the assistant that answers from this knowledge base.",
)
def knowledge_base(known: Evidence) -> Iterator[Row]:
    """The model that answers a knowledge base's questions better, or as well for less."""
    judged = {(row["knowledge_base"], row["model"]): (row["yes"] or 0, row["no"] or 0) for row in known.scores}
    for base in sorted({row["knowledge_base"] for row in known.knowledge} - {"", None}):
        used = [row for row in known.knowledge if row["knowledge_base"] == base and row["requests"] >= LEAST_CALLS]
        if len(used) < 2:  # noqa: PLR2004 - there is nothing to compare
            continue
        most = max(used, key=lambda row: (row["requests"], row["model"]))
        told = {row["model"]: _quality(judged.get((base, row["model"])), row) for row in used}
        scored = all(of == _GOOD for _, of in told.values())
        quality = {
            name: value if scored else used_row["success_rate"] or 0.0
            for (name, (value, _)), used_row in zip(told.items(), used, strict=True)
        }
        yield from _for_base(base, most, used, quality, _GOOD if scored else "calls that succeeded", known)


def _for_base(
    base: str, most: Measured, used: Sequence[Measured], quality: Mapping[str, float], of: str, known: Evidence
) -> Iterator[Row]:
    now = known.price(most, most["model"]) if most["cost"] else None
    mine = quality[most["model"]]
    better = max((row for row in used if row is not most), key=lambda row: (quality[row["model"]], row["model"]))
    said = {"model": most["model"], "calls": most["requests"], "knowledge_base": base}
    gain = quality[better["model"]] - mine
    then = known.price(most, better["model"], provider=better["provider"])
    evidence = (
        f"{show(quality[better['model']], PERCENT)} {of} with {better['model']} ({better['requests']:,} calls), "
        f"{show(mine, PERCENT)} with {most['model']} ({most['requests']:,})."
    )
    if gain >= BETTER:
        scored = of == _GOOD
        costs = "" if now is None or then is None else f" It costs {show(then, USD)} instead of {show(now, USD)}."
        yield piece(
            f"Answers from {base} are better with {better['model']}"
            if scored
            else f"{base} has better success rates with {better['model']}",
            now - then if now and then is not None and now > then else None,
            ("More of its answers are good." if scored else "Fewer of its calls fail.") + costs,
            evidence,
            **said,
        )
        return
    cheap = [
        (now - then, then, row)
        for row in used
        if row is not most
        and now
        and quality[row["model"]] >= mine - SAME_SUCCESS
        and (then := known.price(most, row["model"], provider=row["provider"])) is not None
        and worth(now - then, now, known)
    ]
    if cheap and now:
        saving, then, row = max(cheap, key=lambda one: (one[0], one[2]["model"]))
        yield piece(
            f"Your most cost-effective model for {base} is {row['model']}",
            saving,
            f"The same tokens cost {show(then, USD)} instead of {show(now, USD)} with {most['model']}.",
            f"{show(quality[row['model']], PERCENT)} {of} with {row['model']} ({row['requests']:,} calls), "
            f"{show(mine, PERCENT)} with {most['model']} ({most['requests']:,}).",
            **said,
        )


def _quality(votes: tuple[int, int] | None, row: Measured) -> tuple[float, str]:
    if votes and sum(votes) >= LEAST_SCORES:
        return votes[0] / sum(votes), _GOOD
    return row["success_rate"] or 0.0, "calls"


def _best(row: Measured, others: Sequence[Measured], known: Evidence) -> tuple[Measured, Decimal, Decimal] | None:
    """Of others that do as well the one that costs least, with what it costs now and would then; None without gain."""
    now = known.price(row, row["model"]) if row["cost"] else None
    if not now:
        return None
    priced = [(known.price(row, other["model"], provider=other["provider"]), other) for other in others]
    told = [(then, other) for then, other in priced if then is not None]
    if not told:
        return None
    then, other = min(told, key=lambda one: (one[0], one[1]["model"]))
    return (other, now, then) if worth(now - then, now, known) else None


def _family(row: Measured, other: Measured) -> bool:
    return other["provider"] == row["provider"] and family_of(other["model"]) == family_of(row["model"]) != ""


def _as_good(row: Measured, other: Measured, known: Evidence) -> bool:
    """True where the jobs and tasks of the other model say that it could do this row's work."""
    return (
        other["agent"] == row["agent"] != ""
        and (other["model"], other["provider"]) != (row["model"], row["provider"])
        and other["requests"] >= LEAST_CALLS
        and _ends_as_well(known.outcomes.get(_who(other)), known.outcomes.get(_who(row)))
        and (other["success_rate"] or 0) >= (row["success_rate"] or 0) - SAME_SUCCESS
        and _no_slower(other["p95_latency"], row["p95_latency"])
    )


def _who(row: Measured) -> tuple[str, str]:
    return row["agent"], row["model"]


def _ends_as_well(other: tuple[int, int] | None, than: tuple[int, int] | None) -> bool:
    if other is None or than is None or other[1] < LEAST_RUNS or than[1] < LEAST_RUNS:
        return False
    return other[1] >= LEAST_SHARE * than[1] and other[0] / other[1] >= than[0] / than[1] - SAME_SUCCESS


def _no_slower(latency: float | None, than: float | None) -> bool:
    return latency is None or than is None or latency <= SAME_LATENCY * than


def _cheaper(row: Measured, other: Measured, now: Decimal, then: Decimal, known: Evidence) -> Row:
    return piece(
        f"Use {other['model']} instead of {row['model']} for {row['agent']}",
        now - then,
        f"The same tokens cost {show(then, USD)} instead of {show(now, USD)} with {row['model']}, at list prices.",
        _ended(row, other, known),
        agent=row["agent"],
        model=row["model"],
        calls=row["requests"],
    )


def _ended(row: Measured, other: Measured, known: Evidence) -> str:
    (ok, ended), (well, all_of) = known.outcomes[_who(other)], known.outcomes[_who(row)]
    return f"With {other['model']}, {ok:,} of {ended:,} runs ended well; with {row['model']}, {well:,} of {all_of:,}."


def _grouped(rows: Sequence[Measured], by: tuple[str, ...]) -> list[Measured]:
    """Rows of which some parts of the key are left out; shares are those of what was added up."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(tuple(row[name] for name in by), {name: row[name] for name in by} | {"good": 0.0})
        for name in MEASURED:
            if name not in ("success_rate", "cache_hit_share"):
                one[name] = (one.get(name) or 0) + (row[name] or 0)
        one["good"] += (row["success_rate"] or 0.0) * row["requests"]
    for one in found.values():
        one["success_rate"] = one["good"] / one["requests"] if one["requests"] else None
    return list(found.values())


def _bare(model: str) -> str:
    """A model's name without whose it is and which day's it is."""
    return (
        model.rpartition("/")[2]
        .partition("@")[0]
        .partition(":")[0]
        .lower()
        .removeprefix("us.")
        .removeprefix("anthropic.")
    )


def is_local(provider: str) -> bool:
    """Whether a provider is a server on one's own machine."""
    found = PROVIDERS.get(provider)
    return found is not None and found.type == "local"


def _name(provider: str) -> str:
    return PROVIDERS[provider].name if provider in PROVIDERS else provider
