"""Outcomes: what came of the work, and what it cost: changes, tickets, scores."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Also, Column, Feed, Matrix, Ranking, Series, Stat
from tokometer.dashboards.panel import Dashboard, Group, Section

_NOTHING: Final = (
    "No changes are known. GitHub's and GitLab's webhooks tell of them, "
    "and `tokometer import-git PATH` reads a repository."
)

OUTCOMES: Final = Dashboard(
    id="outcomes",
    title="Outcomes",
    short="Outcomes",
    key="y",
    group=Group.COMPARE,
    about="What came of the work, and what it cost: changes that were merged or abandoned, tickets, scores.",
    sections=(
        Section(
            (
                Stat(
                    id="outcomes.cost_per_merged",
                    title="Median Cost of a Merged Change",
                    of="changes.median_cost",
                    colour="cost",
                    also=(Also("changes.cost_per_merged", "on average"),),
                    nothing=_NOTHING,
                    how="Half of the changes that were merged, and that calls were made for, cost at most this.",
                ),
                Stat(
                    id="outcomes.merged",
                    title="Changes Merged",
                    of="changes.merged",
                    also=(
                        Also("changes.merged_with_calls", "with calls"),
                        Also("changes.p50_time_to_merge", "median time to merge"),
                    ),
                    nothing=_NOTHING,
                    how="Pull and merge requests that were merged, and how many of them calls were made for.",
                ),
                Stat(
                    id="outcomes.abandoned",
                    title="Cost of Abandoned Changes",
                    of="changes.abandoned_cost",
                    colour="cost",
                    also=(Also("changes.abandoned", "closed unmerged"),),
                    nothing=_NOTHING,
                    how="What the calls cost for changes that were closed without having been merged.",
                ),
                Stat(
                    id="outcomes.unattributed",
                    title="Unattributed Share",
                    of="calls.unattributed_share",
                    also=(Also("calls.unattributed_cost", "for no known change"),),
                    how="Share of the cost of all calls that were made for no change that is known.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="outcomes.cost",
                    title="Cost of Changes by Their State ({range})",
                    of=("calls.cost",),
                    by="change_state",
                    shape="bars",
                    per=True,
                    marks=True,
                    every=300,
                    width=8,
                    how="What calls cost for changes that are merged, open or closed by now, and for no known one.",
                ),
                Ranking(
                    id="outcomes.by_ticket",
                    title="Cost by Ticket ({range})",
                    by="ticket",
                    of="calls.cost",
                    columns=("calls.sessions",),
                    change=False,
                    every=300,
                    shares=False,
                    width=4,
                    how="What the calls of each ticket cost, whichever change they were made for.",
                ),
            )
        ),
        Section(
            (
                Feed(
                    id="outcomes.changes",
                    title="Changes ({range})",
                    of="changes.changes",
                    columns=("state", "change", "ticket", "cost"),
                    long="title",
                    more=(
                        "author",
                        "time_to_merge",
                        "calls",
                        "sessions",
                        "branch",
                        "target_branch",
                        "url",
                        "commits",
                        "lines_added",
                        "lines_removed",
                        "unpriced",
                    ),
                    limit=60,
                    every=300,
                    nothing=_NOTHING,
                    how="Changes that were opened, merged or closed in this time, with all that their calls cost.",
                ),
            )
        ),
        Section(
            (
                Ranking(
                    id="outcomes.by_repository",
                    title="Merged Changes by Repository ({range})",
                    by="repository",
                    of="changes.merged",
                    columns=("changes.median_cost", "changes.merged_cost", "changes.abandoned_cost"),
                    change=False,
                    every=300,
                    width=6,
                    nothing=_NOTHING,
                    how="Each repository's merged changes, what half of them cost at most, and what all of them cost.",
                ),
                Ranking(
                    id="outcomes.by_change",
                    title="Most Expensive Changes ({range})",
                    by="change",
                    of="calls.cost",
                    columns=("calls.requests", "calls.sessions"),
                    change=False,
                    every=300,
                    width=6,
                    how="What calls in this time cost for each change; what is for no known one is unattributed.",
                ),
            )
        ),
        Section(
            tuple(
                Matrix(
                    id=f"outcomes.scores_{by}",
                    title=f"{title} ({{range}})",
                    by=by,
                    columns=(
                        Column("judgement.cost_per_good_answer.good_share", title="Good answers", scale=""),
                        Column("scores.yes", title="Yes", scale=""),
                        Column("scores.no", title="No", scale=""),
                        Column("scores.mean", title="Mean score", scale=""),
                        Column("calls.cost"),
                        Column("calls.cost_per_request", scale=""),
                        Column("judgement.cost_per_good_answer", title="Cost per good answer", scale=""),
                    ),
                    rank="calls.cost",
                    top=8,
                    every=300,
                    how=(
                        "What was thought of answers beside what they cost. A good answer costs what a call does, "
                        "divided by the share of yes among all yes and no."
                    ),
                )
                for by, title in (
                    ("model", "Scores beside Cost, by Model"),
                    ("agent", "Scores beside Cost, by Agent"),
                    ("knowledge_base", "Scores beside Cost, by Knowledge Base"),
                )
            )
        ),
    ),
)
