"""What a good answer costs: what was thought of answers, beside what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share
from tokometer.measures import Query
from tokometer.records.units import COUNT, RATIO, REQUESTS, USD
from tokometer.settings import Settings

_SCORES: Final = "scores"
_NANO: Final = Decimal("0.000000001")


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    where = matter.where_in(_SCORES)
    if where is None:
        return []
    calls, scores = yield (
        matter.query("cost", "requests", "cost_per_request"),
        Query(
            measures=("scores.yes", "scores.no", "scores.mean"),
            by=(f"{_SCORES}.{matter.by}",) if matter.by else (),
            where=where,
            since=matter.since,
            until=matter.until,
            tz=matter.tz,
        ),
    )
    judged: dict[Any, Any] = {row.get(matter.by, ""): row for row in scores.rows}
    found = []
    for row in calls.rows:
        name = row.get(matter.by, "")
        said = judged.get(name, {})
        good, bad, each = said.get("yes") or 0, said.get("no") or 0, row["cost_per_request"]
        found.append(
            {
                **({matter.by: name} if matter.by else {}),
                # The same as cost / (calls × share of yes), without a share that was rounded.
                "cost_per_good_answer": None
                if each is None or not good
                else (each * (good + bad) / good).quantize(_NANO),
                "good_share": good / (good + bad) if good + bad else None,
                "good": good,
                "bad": bad,
                "mean": said.get("mean"),
                "cost": row["cost"],
                "requests": row["requests"],
            }
        )
    return found


def _standing(_row: Row, _settings: Settings) -> Standing:
    return "none"


GOOD_ANSWERS: Final = Judgement(
    name="cost_per_good_answer",
    title="Cost per good answer",
    unit=USD,
    better="lower",
    description=(
        "What an answer costs that is thought to be good, if those that nobody judged are as good as those that were."
    ),
    formula="cost per request / share of yes among all scores that are yes or no; unknown where none is yes",
    by=("", "model", "agent", "knowledge_base", "provider", "project", "team"),
    facts=(
        share("good_share", "share of yes among all scores that are yes or no", "Good answers"),
        Fact("good", COUNT, "integer", "Yes", "scores that are yes"),
        Fact("bad", COUNT, "integer", "No", "scores that are no"),
        Fact("mean", RATIO, "number", "Mean score", "mean of all scores that are numbers"),
        Fact("cost", USD, "money", "Cost", "what the calls cost"),
        Fact("requests", REQUESTS, "integer", "Requests", "calls, judged or not"),
    ),
    type="money",
    thresholds="none: what a good answer may cost is for its reader to say",
    cube=_SCORES,
    inquire=_inquire,
    standing=_standing,
)
