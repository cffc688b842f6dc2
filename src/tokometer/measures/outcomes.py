"""Which change a call was made for: worked out in the query, so that what is told of a change later holds for the past.

A call belongs to the change of its branch: to the one that ended next after the call began, of those of that branch in
the repository of its project. So a change has the calls from the end of the one before it on that branch (or from the
first) up to its own end; one that is open has all since. Branches that many changes go into tell nothing. A call of no
such branch belongs to the change of the first commit after it that names its session, after the last to that of the
last. Whatever is left belongs to none. Each call belongs to at most one, so costs of changes and of what is left add
up to the cost of all calls.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tokometer.ledger import Readable, Statement
from tokometer.measures.dialect import Dialect
from tokometer.settings.outcomes import OutcomeSettings

#: Columns of calls that tell of their change, beside those that calls have.
ATTRIBUTED: Final = frozenset({"change", "change_state", "change_repository", "for_ticket"})
#: Columns of changes that tell of their calls.
COSTED: Final = frozenset({"cost_usd", "cost_unknown", "merged_cost", "calls", "sessions", "unpriced", "with_calls"})
#: What the calls for a change add up to, as its row says it, and the types of that.
SUMS: Final = {"cost_usd": "DECIMAL(38, 9)", "calls": "BIGINT", "unpriced": "BIGINT", "sessions": "BIGINT"}
_OF_CALLS: Final = ("change_key", *sorted(ATTRIBUTED))
#: When what has not ended ends.
_NEVER: Final = f"CAST({2**62} AS BIGINT)"
_PARTS: Final = re.compile(r"[/\\]+")

#: Binds a value to a parameter, and gives the parameter's name in SQL.
Bind = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What has to be known before calls can be put to changes."""

    #: Workspace, project, repository: the repository that a project's folder is of.
    places: tuple[tuple[str, str, str], ...] = ()
    #: Whether commits name sessions.
    sessions: bool = False
    #: What the calls for each change add up to, where that is asked for: its key and :data:`SUMS`, each a column.
    costs: tuple[tuple[str, ...], ...] | None = None


NONE_KNOWN: Final = Outcomes()
#: What is settled in this process's data folder. Changed by :func:`use` alone.
_SETTLED: list[OutcomeSettings] = [OutcomeSettings()]


def use(settings: OutcomeSettings) -> None:
    """Have all queries of this process follow these settings."""
    _SETTLED[0] = settings


def known(ledger: Readable, workspaces: Sequence[str], dialect: Dialect, *, settled: bool, costed: bool) -> Outcomes:
    """What is known in these workspaces; where `costed` also what calls add up to. Read once of a snapshot.

    `settled`: rollups are up to date.
    """
    key = (tuple(workspaces), settled, _SETTLED[0])
    found = ledger.once(("outcomes", *key), lambda: outcomes_of(ledger, workspaces, settled=settled))
    if not costed:
        return found
    return replace(found, costs=ledger.once(("costs", *key), lambda: costs_of(ledger, found, workspaces, dialect)))


def costs_of(
    ledger: Readable, known: Outcomes, workspaces: Sequence[str], dialect: Dialect
) -> tuple[tuple[str, ...], ...]:
    """What the calls for each change add up to: the changes' keys, and a column each of :data:`SUMS`."""
    values: dict[str, Any] = {}

    def bind(value: Any) -> str:  # noqa: ANN401 - see `Bind`
        name = f"p{len(values)}"
        values[name] = value
        return f"${name}"

    sql = Attribution(known, workspaces, dialect, bind).sums()
    rows = ledger.fetch(Statement(sql, values))
    # Never empty, as no engine knows what an empty list is of: no change has an empty key.
    none = ("", *("0" for _ in SUMS))
    told = ((key, f"{cost or 0:f}", *map(str, counts)) for key, cost, *counts in rows)
    return tuple(zip(none, *told, strict=True))


def outcomes_of(ledger: Readable, workspaces: Sequence[str], *, settled: bool) -> Outcomes:
    """What is known of repositories in these workspaces. `settled`: rollups are up to date."""
    values = {f"w{i}": workspace for i, workspace in enumerate(workspaces)}
    within = f"workspace IN ({', '.join(f'${name}' for name in values)})"

    def distinct(columns: str, table: str) -> list[tuple[Any, ...]]:
        return ledger.fetch(Statement(f"SELECT DISTINCT {columns} FROM {table} WHERE {within}", values))

    told = [row for table in ("changes", "commits") for row in distinct("workspace, repository, project", table)]
    if not told:
        return NONE_KNOWN
    projects = distinct("workspace, project", "cells" if settled else "calls")
    named = ledger.fetch(
        Statement(
            f"SELECT count(*) FROM (SELECT 1 FROM commits WHERE {within} AND session_id <> '' LIMIT 1) AS one", values
        )
    )
    return Outcomes(tuple(places(told, projects, _SETTLED[0].repositories)), bool(named[0][0]))


def places(
    told: Iterable[tuple[str, str, str]], projects: Iterable[tuple[str, str]], settled: Iterable[tuple[str, str]]
) -> list[tuple[str, str, str]]:
    """The repository of each project of which it is known, as (workspace, project, repository), in order.

    `told` are workspaces, repositories and the folders that they were read from, `projects` workspaces and projects. A
    folder is of the repository that settings give it, or it was read for, or a folder above it; else of the only
    repository whose name is that of one of its parts, the last such part.
    """
    settled = tuple(settled)
    folders: dict[str, dict[str, str]] = defaultdict(lambda: dict(settled))
    names: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for workspace, repository, folder in sorted(told):
        if folder:
            folders[workspace].setdefault(folder, repository)
        names[workspace][repository.rpartition("/")[2].lower()].add(repository)
        names[workspace][repository.lower()].add(repository)
    found = []
    for workspace, project in sorted(projects):
        repository = _below(project, folders[workspace]) or _named(project, names[workspace])
        if project and repository:
            found.append((workspace, project, repository))
    return found


def _below(project: str, folders: Mapping[str, str]) -> str:
    """The repository of the innermost known folder that a project is, or is in."""
    above = [folder for folder in folders if project == folder or project.startswith((f"{folder}/", f"{folder}\\"))]
    return folders[max(above, key=len)] if above else ""


def _named(project: str, names: Mapping[str, set[str]]) -> str:
    for part in (project.lower(), *reversed(_PARTS.split(project.lower()))):
        known = names.get(part, ())
        if len(known) == 1:
            return next(iter(known))
    return ""


class Attribution:
    """The SQL of one statement; see the module."""

    def __init__(self, known: Outcomes, workspaces: Sequence[str], dialect: Dialect, bind: Bind) -> None:
        self._known = known
        self._dialect = dialect
        self._bind = bind
        self._within = f"workspace IN ({', '.join(bind(name) for name in workspaces)})"

    def calls(self, quarters: tuple[int, int] | None = None) -> str:
        """A SELECT of the calls (of a range of quarter hours), each with the columns that tell of its change."""
        limits = "" if quarters is None else f" AND quarter >= {quarters[0]:d} AND quarter < {quarters[1]:d}"
        calls = f"SELECT * FROM calls WHERE {self._within}{limits}"
        if not self._known.places and not self._known.sessions:
            nothing = ", ".join(f"'' AS {name}" for name in _OF_CALLS)
            return f"SELECT *, {nothing} FROM ({calls}) AS calls"
        if self._known.places:
            calls = self._joined(calls, self._by_branch(), ("workspace", "project", "git_branch"))
        if self._known.sessions:
            again = bool(self._known.places)
            calls = self._joined(calls, self._by_session(), ("workspace", "session_id"), again=again)
        return calls

    def sums(self) -> str:
        """A SELECT of what the calls for each change add up to: its key, and :data:`SUMS`."""
        # By session first: to count different ones while adding up takes longer.
        each = (
            "SELECT change_key, session_id, sum(cost_usd) AS cost, count(*) AS many, "
            "count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced "
            f"FROM ({self.calls()}) AS made WHERE change_key <> '' GROUP BY change_key, workspace, source, session_id"
        )
        return (
            "SELECT change_key, sum(cost), sum(many), sum(unpriced), count(*) FILTER (WHERE session_id <> '') "
            f"FROM ({each}) AS each_one GROUP BY change_key"
        )

    def changes(self) -> str:
        """A SELECT of the changes, with their names, tickets and times, and if known what their calls add up to."""
        if self._known.costs is None:
            return self._named()
        lists = self._dialect.zipped([self._bind(list(column)) for column in self._known.costs], ("own_key", *SUMS))
        sums = ", ".join(f"CAST({name} AS {type_}) AS all_{name}" for name, type_ in SUMS.items())
        own = f"SELECT own_key, {sums} FROM ({lists}) AS own_lists"
        counts = ", ".join(f"coalesce(own.all_{name}, 0) AS {name}" for name in SUMS if name != "cost_usd")
        return (
            f"SELECT named.*, {counts}, "
            "CASE WHEN own.all_calls > own.all_unpriced THEN own.all_cost_usd END AS cost_usd "
            f"FROM ({self._named()}) AS named LEFT JOIN ({own}) AS own ON own.own_key = named.change_key"
        )

    def _joined(self, calls: str, spans: str, keys: Sequence[str], *, again: bool = False) -> str:
        """Calls with what `spans` say of their keys and times, unless they were told by other spans before."""
        at = self._dialect.micros("one.started_at")
        on = " AND ".join(f"spans.{name} = one.{name}" for name in keys)
        told = ", ".join(
            f"CASE WHEN one.change_key <> '' THEN one.{name} ELSE coalesce(spans.{name}, '') END AS {name}"
            if again
            else f"coalesce(spans.{name}, '') AS {name}"
            for name in _OF_CALLS
        )
        columns = self._dialect.without("one", _OF_CALLS) if again else "one.*"
        # One engine looks for the next end; the other tells ranges faster.
        how, since = ("ASOF LEFT JOIN", "") if self._dialect.nearest else ("LEFT JOIN", f" AND {at} > spans.since_us")
        return (
            f"SELECT {columns}, {told} FROM ({calls}) AS one {how} ({spans}) AS spans "
            f"ON {on} AND {at} <= spans.ended_us{since}"
        )

    def _named(self) -> str:
        """The changes with what is worked out of each alone."""
        micros, dialect = self._dialect.micros, self._dialect
        cases = []
        for pattern in _SETTLED[0].tickets:
            found = dialect.extract("branch", self._bind(pattern))
            cases.append(f"WHEN {found} <> '' THEN {found}")
        ticket = f"CASE WHEN ticket <> '' THEN ticket {' '.join(cases)} ELSE refs END"
        ended = (
            f"CASE WHEN state = 'merged' THEN coalesce({micros('merged_at')}, {micros('started_at')}) "
            f"WHEN state = 'closed' THEN coalesce({micros('closed_at')}, {micros('started_at')}) ELSE {_NEVER} END"
        )
        took = (
            f"CASE WHEN state = 'merged' AND opened_at IS NOT NULL AND merged_at IS NOT NULL "
            f"THEN greatest({micros('merged_at')} - {micros('opened_at')}, 0) END"
        )
        told = (
            f"SELECT *, {ticket} AS said, {ended} AS ended_us, {took} AS time_to_merge_us, "
            f"coalesce({micros('opened_at')}, {micros('started_at')}) AS opened_us FROM changes WHERE {self._within}"
        )
        alone = dialect.extract("said", "'^#?([0-9]+)$'")
        return (
            f"SELECT *, CASE WHEN {alone} <> '' THEN concat(repository, '#', {alone}) ELSE said END AS for_ticket, "
            "concat(repository, '#', number) AS change, "
            f"state AS change_state, repository AS change_repository, CAST(id AS VARCHAR) AS change_key "
            f"FROM ({told}) AS told"
        )

    def _held(self) -> str:
        """The changes of branches, each from the end of the one before it to its own."""
        left_out = sorted({name.lower() for name in _SETTLED[0].default_branches})
        listed = f" AND lower(branch) NOT IN ({', '.join(map(self._bind, left_out))})" if left_out else ""
        columns = ", ".join(("workspace", "repository", "branch", "ended_us", *_OF_CALLS))
        line = "PARTITION BY workspace, repository, branch"
        first = (
            f"SELECT {columns}, row_number() OVER ({line}, ended_us ORDER BY opened_us, change, change_key) AS place "
            f"FROM ({self._named()}) AS named WHERE branch <> '' AND branch <> target_branch{listed}"
        )
        return f"SELECT {columns}, {_since(line, 'ended_us')} FROM ({first}) AS first WHERE place = 1"

    def _by_branch(self) -> str:
        lists = [self._bind(list(column)) for column in zip(*self._known.places, strict=True)]
        zipped = self._dialect.zipped(lists, ("at_workspace", "at_project", "at_repository"))
        told = ", ".join(f"held.{name} AS {name}" for name in ("workspace", "since_us", "ended_us", *_OF_CALLS))
        return (
            f"SELECT places.at_project AS project, held.branch AS git_branch, {told} FROM ({self._held()}) AS held "
            f"JOIN ({zipped}) AS places ON places.at_workspace = held.workspace "
            "AND places.at_repository = held.repository"
        )

    def _by_session(self) -> str:
        at = self._dialect.micros("started_at")
        commits = (
            f"SELECT workspace, repository, branch, number, session_id, {at} AS at_us FROM commits "
            f"WHERE {self._within} AND session_id <> ''"
        )
        told = ", ".join(f"{{0}}.{name} AS {name}" for name in _OF_CALLS)
        start = "SELECT commits.workspace AS workspace, commits.session_id AS session_id, commits.at_us AS at_us, "
        same = "ON {0}.workspace = commits.workspace AND {0}.repository = commits.repository AND {0}."
        parts = (
            f"{start}{told.format('named')} FROM ({commits}) AS commits JOIN ({self._named()}) AS named "
            f"{same.format('named')}number = commits.number WHERE commits.number <> ''",
            f"{start}{told.format('held')} FROM ({commits}) AS commits JOIN ({self._held()}) AS held "
            f"{same.format('held')}branch = commits.branch WHERE commits.number = '' "
            "AND commits.at_us > held.since_us AND commits.at_us <= held.ended_us",
        )
        line = "PARTITION BY workspace, session_id"
        columns = ", ".join(("workspace", "session_id", "at_us", *_OF_CALLS))
        first = (
            f"SELECT {columns}, row_number() OVER ({line}, at_us ORDER BY change, change_key) AS place "
            f"FROM ({' UNION ALL '.join(parts)}) AS commits"
        )
        last = f"CASE WHEN at_us = max(at_us) OVER ({line}) THEN {_NEVER} ELSE at_us END AS ended_us"
        return f"SELECT {columns}, {last}, {_since(line, 'at_us')} FROM ({first}) AS first WHERE place = 1"


def _since(line: str, column: str) -> str:
    """The end before this one, 0 where there is none."""
    before = f"OVER ({line} ORDER BY {column} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return f"coalesce(max({column}) {before}, 0) AS since_us"
