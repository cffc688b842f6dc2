"""What can be asked of commits and changes, and of what calls cost for them; see :mod:`tokometer.measures.outcomes`."""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tokometer.measures.atoms import Facts
from tokometer.measures.cubes import Recorded
from tokometer.measures.kinds import (
    HIGHER,
    LOWER,
    Count,
    Dimension,
    Distinct,
    Mean,
    Quantile,
    Ratio,
    Sum,
    Value,
)
from tokometer.records.units import COUNT, MS, PERCENT, REQUESTS, USD

_MERGED = {"state": ("merged",)}
_CLOSED = {"state": ("closed",)}


@dataclass(eq=False)
class MoneyQuantile(Quantile):
    """The same of money; `column` ranks it in nano-dollars."""

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        found = facts.number(self.rank)
        return None if found is None else Decimal(found).scaleb(-9)

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """See :attr:`Measure.type`."""
        return "money"


class Commits(Recorded, table="commits"):
    """One row per commit, placed at when it was committed."""

    repository = Dimension("repository", description="The repository, `owner/name`.", drill=("branch",))
    commit = Dimension("sha", description="The commit's hash.")
    branch = Dimension("branch", description="The branch with which it came, where that is known.", drill=("commit",))
    author = Dimension("author", description="Who wrote it.", drill=("commit",))
    agent = Dimension("agent", description="The agent that is named as its author beside them.", drill=("commit",))
    session = Dimension("session_id", description="The session that it is said to come from.", drill=("commit",))
    project = Dimension("project", description="The working folder that it was read from.", drill=("commit",))
    team = Dimension("team", description="Whose it is.", drill=("author",))
    environment = Dimension("environment", description="The deployment.", drill=("commit",))

    commits = Count(unit=COUNT, description="Commits.", drill=("commit",))
    with_agent = Sum("with_agent", unit=COUNT, title="Commits with an agent", description="Commits that name an agent as their author, or a session.", drill=("agent",))
    agent_share = Ratio(with_agent, commits, unit=PERCENT, title="Share of commits with an agent", description="Share of the commits that name an agent as their author, or a session.", drill=("agent",))
    files_changed = Sum("files_changed", unit=COUNT, description="Files that commits changed, each once a commit.", drill=("commit",))
    lines_added = Sum("lines_added", unit=COUNT, description="Lines that commits added.", drill=("commit",))
    lines_removed = Sum("lines_removed", unit=COUNT, description="Lines that commits removed.", drill=("commit",))


class Changes(Recorded, table="changes"):
    """One row per pull or merge request, as last told, placed at when it was merged or closed, or else opened. What its calls cost is of all time."""

    change = Dimension("change", description="The change: its repository and its number, `owner/name#12`.")
    repository = Dimension("repository", description="The repository, `owner/name`.", drill=("change",))
    number = Dimension("number", description="Its number in its repository.")
    branch = Dimension("branch", description="The branch that holds it.", drill=("change",))
    target_branch = Dimension("target_branch", description="The branch into which it is to go.", drill=("change",))
    author = Dimension("author", description="Who asked for it.", drill=("change",))
    state = Dimension("state", description="`open`, `merged` or `closed` without having been merged.", drill=("change",))
    draft = Dimension("draft", description="Whether it is not yet to be looked at: `yes`, `no` or unknown.", drill=("change",))
    ticket = Dimension("for_ticket", description="The ticket that it is for: as stated, as its branch is called, as its title or description says.", drill=("change",))
    project = Dimension("project", description="The working folder that it was read from.", drill=("change",))
    team = Dimension("team", description="Whose it is.", drill=("author",))
    environment = Dimension("environment", description="The deployment.", drill=("change",))

    changes = Count(unit=COUNT, description="Changes.", drill=("change",))
    merged = Count(where=_MERGED, unit=COUNT, better=HIGHER, title="Changes merged", description="Changes that were merged.", drill=("change",))
    abandoned = Count(where=_CLOSED, unit=COUNT, better=LOWER, title="Changes abandoned", description="Changes that were closed without having been merged.", drill=("change",))
    open = Count(where={"state": ("open",)}, unit=COUNT, title="Changes open", description="Changes that are neither merged nor closed.", drill=("change",))
    with_calls = Sum("with_calls", unit=COUNT, title="Changes with calls", description="Changes that calls were made for.", drill=("change",))
    merged_with_calls = Sum("with_calls", where=_MERGED, unit=COUNT, title="Merged changes with calls", description="Merged changes that calls were made for.", drill=("change",))
    calls = Sum("calls", unit=REQUESTS, description="Calls that were made for changes, of all time.", drill=("change",))
    sessions = Sum("sessions", unit=COUNT, description="Sessions that worked on a change, once for each change.", drill=("change",))
    unpriced = Sum("unpriced", unit=REQUESTS, better=LOWER, title="Unpriced calls", description="Calls made for changes that nobody knows the price of. They are not in the cost.", drill=("change",))
    cost = Sum("cost_usd", unknown="cost_unknown", unit=USD, better=LOWER, description="What the calls for changes cost, of all time.", drill=("change",))
    merged_cost = Sum("cost_usd", where=_MERGED, unit=USD, better=LOWER, title="Cost of merged changes", description="What the calls for merged changes cost.", drill=("change",))
    abandoned_cost = Sum("cost_usd", where=_CLOSED, unit=USD, better=LOWER, title="Cost of abandoned changes", description="What the calls cost for changes that were closed without having been merged.", drill=("change",))
    cost_per_merged = Ratio(merged_cost, merged_with_calls, unit=USD, better=LOWER, title="Cost per merged change", description="What the calls for a merged change cost on average, over those that calls were made for.", drill=("change",))
    median_cost = MoneyQuantile("merged_cost", 0.5, exact=True, unit=USD, better=LOWER, title="Median cost of a merged change", description="Half of the merged changes that calls were made for cost at most this.", drill=("change",))
    p90_cost = MoneyQuantile("merged_cost", 0.9, exact=True, unit=USD, better=LOWER, title="p90 cost of a merged change", description="A tenth of the merged changes that calls were made for cost more than this.", drill=("change",))
    tickets = Distinct("tickets", unit=COUNT, description="Different tickets that changes are for.", drill=("ticket",))
    commits = Sum("commits", unit=COUNT, description="Commits of changes, where that is told.", drill=("change",))
    files_changed = Sum("files_changed", unit=COUNT, description="Files that changes change, each once a change.", drill=("change",))
    lines_added = Sum("lines_added", unit=COUNT, description="Lines that changes add.", drill=("change",))
    lines_removed = Sum("lines_removed", unit=COUNT, description="Lines that changes remove.", drill=("change",))
    p50_time_to_merge = Quantile("time_to_merge_us", 0.5, exact=True, unit=MS, better=LOWER, title="p50 time to merge", description="Half of the merged changes were merged within this time of being opened.", drill=("change",))
    p90_time_to_merge = Quantile("time_to_merge_us", 0.9, exact=True, unit=MS, better=LOWER, title="p90 time to merge", description="90 % of the merged changes were merged within this time of being opened.", drill=("change",))
    mean_time_to_merge = Mean("time_to_merge_us", "time_to_merge_count", better=LOWER, description="How long merged changes were open on average.", drill=("change",))
