"""What sources tell that :mod:`tokometer.measures.compile_wasted` rests on, as SQL for both engines."""

from __future__ import annotations

from typing import Final

from tokometer.ledger import Statement
from tokometer.measures.compile_prompts import Lines

#: The label by which a sender says that two prompts are the same, where it hashes them.
HASH_LABEL: Final = "prompt_hash"


def hashes(lines: Lines) -> str:
    """Sets of labels with the hash of a prompt that is among them."""
    hashed = lines.scope.dialect.label(lines.scope.bind(HASH_LABEL))
    return f"SELECT id AS named_set, {hashed} AS prompt_hash FROM label_sets"


def known(lines: Lines) -> Statement:
    """What each source tells.

    Columns: source; calls; of these with a session, a reason why they ended, a person's message, a hash; uses of tools
    whose end, and whose size is known; runs and jobs whose end and session are known.
    """
    scope = lines.scope
    sets = hashes(lines)
    yes = {
        "sessions": "session_id <> ''",
        "stops": "session_id <> '' AND stop_reason <> ''",
        "people": "session_id <> '' AND user_messages > 0",
        "hashed": "coalesce(prompt_hash, '') <> ''",
    }
    parts = ("calls", *yes, "ends", "sizes", "runs")

    def row(table: str, where: str, told: dict[str, str]) -> str:
        columns = ", ".join(f"{told.get(name, 'CAST(0 AS BIGINT)')} AS {name}_n" for name in parts)
        return f"SELECT source, {columns} FROM {table} WHERE {where} GROUP BY source"

    def count(when: str) -> str:
        return f"CAST(sum(CASE WHEN {when} THEN 1 ELSE 0 END) AS BIGINT)"

    calls = (
        f"(SELECT * FROM {scope.rows()} LEFT JOIN ({sets}) AS named ON named.named_set = label_set) AS labelled_calls"
    )
    made = {"calls": "CAST(count(*) AS BIGINT)", **{name: count(when) for name, when in yes.items()}}
    ended = "session_id <> '' AND status IN ('ok', 'error')"
    rows = (
        row(calls, " AND ".join(scope.conditions()), made),
        row("tools", lines.near(), {"ends": count(ended), "sizes": count("session_id <> '' AND prompt_bytes > 0")}),
        row("runs", lines.near(), {"runs": count(f"{ended} AND ended_at IS NOT NULL")}),
        row("jobs", lines.near(), {"runs": count(f"{ended} AND duration_us IS NOT NULL")}),
    )
    sums = ", ".join(f"sum({name}_n) AS {name}" for name in parts)
    sql = (
        f"SELECT source, {sums} FROM ({' UNION ALL '.join(rows)}) AS told "
        "GROUP BY source HAVING sum(calls_n) > 0 ORDER BY source"
    )
    return Statement(sql, scope.values)
