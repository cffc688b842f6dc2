"""Reconcile: what was metered and what was billed, side by side, with every gap explained."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import reconciled
from tokometer.dashboards.kinds import Balance, Bridge, GapMap, Itemised, Verdicts
from tokometer.dashboards.panel import Dashboard, Group, Section
from tokometer.judgement.reconciliation.causes import PARTS, title_of

_SIDES: Final = ("metered", "billed", "", "coverage", "token_coverage", "most")
_HEADS: Final = ("Metered", "Billed", "Gap", "Covered", "Tokens covered", "Mostly")
_NOTHING: Final = "No statement of any provider in this window. Connect an account, or upload a bill, under Accounts."

RECONCILE: Final = Dashboard(
    id="reconcile",
    title="Reconcile",
    key="q",
    group=Group.MONEY,
    range="month",
    about="What was metered and what providers bill, by day, model and cause, to the cent: for whoever pays the bills.",
    sections=(
        Section(
            (
                Balance(
                    id="reconcile.balance",
                    title="Do the Books Balance? ({range})",
                    every=120,
                    how="Billed, metered, and what makes the difference, for a month and a provider of your choice.",
                ),
            )
        ),
        Section(
            (
                Bridge(
                    id="reconcile.bridge",
                    title="From Metered to Billed ({range})",
                    of="judgement.reconciliation",
                    before="metered",
                    after="billed",
                    parts=tuple((name, title_of(name)) for name in PARTS),
                    ends=("Metered", "Billed"),
                    versus="what was metered",
                    every=120,
                    width=5,
                    how="Each cause of the gap with its amount; they add up to it to the cent, remainder included.",
                ),
                Itemised(
                    id="reconcile.causes",
                    title="Causes ({range})",
                    of="judgement.gap_causes",
                    name="title",
                    under=reconciled.of_cause,
                    columns=("", "days", "tokens"),
                    titles=("Amount", "Days", "Tokens"),
                    changes=("",),
                    to=reconciled.gap_cause,
                    most=15,
                    every=120,
                    width=7,
                    nothing="No gap: what is billed is what was metered.",
                    how="What each cause means, how much it makes, and on how many days.",
                ),
            )
        ),
        Section(
            (
                GapMap(
                    id="reconcile.map",
                    title="Gap by Model and Day ({range})",
                    every=120,
                    how="Where the gap is: the darker, the larger. A click on a cell shows the lines of its bill.",
                ),
            )
        ),
        Section(
            (
                Verdicts(
                    id="reconcile.models",
                    title="By Provider and Model ({range})",
                    of="judgement.reconciliation",
                    by=("provider", "model"),
                    columns=_SIDES,
                    titles=_HEADS,
                    changes=("",),
                    most=30,
                    every=120,
                    width=12,
                    nothing=_NOTHING,
                    how="Both sides by provider and model, how much of the bill was metered, and the largest cause.",
                ),
            )
        ),
        Section(
            (
                Verdicts(
                    id="reconcile.days",
                    title="By Day ({range})",
                    of="judgement.reconciliation",
                    by=("day",),
                    columns=("metered", "billed", "", "coverage", "most"),
                    titles=("Metered", "Billed", "Gap", "Covered", "Mostly"),
                    changes=("",),
                    standing=False,
                    most=31,
                    every=120,
                    width=6,
                    nothing=_NOTHING,
                    how="Both sides by day of UTC.",
                ),
                Verdicts(
                    id="reconcile.owners",
                    title="By Account, Project and Key ({range})",
                    of="judgement.reconciliation",
                    by=("account", "project", "api_key"),
                    columns=("metered", "billed", "", "tokens", "reported_tokens"),
                    titles=("Metered", "Billed", "Gap", "Tokens", "Reported"),
                    changes=("",),
                    standing=False,
                    most=31,
                    every=300,
                    width=6,
                    nothing=_NOTHING,
                    how="The same by names that each side gives. Where they differ, one row has one side only.",
                ),
            )
        ),
        Section(
            (
                Itemised(
                    id="reconcile.lines",
                    title="Parts of the Gap ({range})",
                    of="judgement.gap_lines",
                    name="of",
                    under=reconciled.of_gap_part,
                    columns=("metered", "billed", "", "tokens", "state"),
                    titles=("Metered", "Billed", "Part of the gap", "Tokens", "Day is"),
                    changes=("",),
                    to=reconciled.gap_part,
                    most=20,
                    every=120,
                    width=12,
                    nothing="No gap: what is billed is what was metered.",
                    how="The largest parts by model, day and cause; each leads to the calls or lines that it is of.",
                ),
            )
        ),
    ),
)
