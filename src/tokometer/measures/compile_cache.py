"""What becomes of cache writes, and where a cache breaks, as SQL for both engines; the words are `compile_prompts`'."""

from __future__ import annotations

from typing import Final

from tokometer.ledger import Statement
from tokometer.measures.compile_prompts import CUT, EARLIER, LINE, ORDER, TALK, THE_NEXT, THE_ONE_BEFORE, Lines, nearest

#: Lifetimes of what is written to a cache, in milliseconds: ClickHouse counts no frame in more than 32 bits.
_SHORT_MS: Final = 300_000
_LONG_MS: Final = 3_600_000
SHORT_US: Final = 1_000 * _SHORT_MS
LONG_US: Final = 1_000 * _LONG_MS
#: Fewer tokens than this are not cached, and are no break; nor is less than one part in ten of what was cached.
LEAST_LOST: Final = 1_024
PART_LOST: Final = 10
_REASONS: Final = ("last", "late", "changed")


def writes(lines: Lines, most: int) -> Statement:
    """What was written and never read back, by each key and of all together; money in pico-dollars.

    Columns: which key, the last of them being none; its value; tokens written; of them never read; of those written
    for an hour; their cost; what of it is beyond plain input; the cost of those after which nothing came, after which
    something came too late, and of the others.
    """
    order = f"PARTITION BY {LINE} ORDER BY {lines.scope.dialect.divide('us', 1_000)}"
    followed = (
        f"SELECT *, coalesce(max(r) OVER ({order} RANGE BETWEEN 1 FOLLOWING AND {_SHORT_MS} FOLLOWING), 0) AS read5, "
        f"coalesce(max(r) OVER ({order} RANGE BETWEEN 1 FOLLOWING AND {_LONG_MS} FOLLOWING), 0) AS read1, "
        f"coalesce(min(us) OVER (PARTITION BY {LINE} {ORDER} {THE_NEXT}), 0) AS next_at FROM ({lines.turns()}) AS turns"
    )
    unread = (
        "SELECT call, us, next_at, w5 - least(w5, greatest(read5 - r - w1, 0)) AS unread5, "
        f"w1 - least(w1, greatest(read1 - r, 0)) AS unread1 FROM ({followed}) AS followed"
    )
    lost = lines.found(
        f"SELECT * FROM ({unread}) AS unread WHERE unread5 > 0 OR unread1 > 0", ("unread5", "unread1", "next_at")
    )
    short, long = "CAST(unread5 AS DOUBLE)", "CAST(unread1 AS DOUBLE)"
    late = f"next_at - us > CASE WHEN unread1 > 0 THEN {LONG_US} ELSE {SHORT_US} END"
    names, none = ", ".join(lines.names), "CAST(0 AS Int128)"
    # Most of what is written is read again: what it cost is worked out of the rest alone.
    told = (
        f"SELECT {names}, CAST(0 AS BIGINT) AS written, unread5, unread1, "
        f"{nearest(f'k * ({short} * r5 + {long} * r1)')} AS spent, "
        f"{nearest(f'k * ({short} * greatest(r5 - ru, 0) + {long} * greatest(r1 - ru, 0))')} AS beyond, "
        f"CASE WHEN next_at = 0 THEN 'last' WHEN {late} THEN 'late' ELSE 'changed' END AS reason "
        f"FROM ({lost}) AS lost "
        f"UNION ALL SELECT {names}, w5 + w1 AS written, CAST(0 AS BIGINT) AS unread5, CAST(0 AS BIGINT) AS unread1, "
        f"{none} AS spent, {none} AS beyond, '' AS reason "
        f"FROM ({lines.calls(threaded=True)}) AS calls WHERE counted = 1 AND w5 + w1 > 0"
    )
    reasons = ", ".join(
        f"sum(CASE WHEN reason = '{name}' THEN spent ELSE CAST(0 AS Int128) END) AS all_{name}" for name in _REASONS
    )
    sums = (
        "sum(CAST(written AS Int128)) AS all_written, sum(CAST(unread5 + unread1 AS Int128)) AS all_unread, "
        f"sum(CAST(unread1 AS Int128)) AS all_unread1, sum(spent) AS all_spent, sum(beyond) AS all_beyond, {reasons}"
    )
    return _by_each(lines, told, sums, "", most)


def breaks(lines: Lines, most: int) -> Statement:
    """Where a conversation went on and its cache did not, by each key and of all together.

    Columns: which key, the last of them being none; its value, cause, breaks, tokens lost, pico-dollars, sessions.
    """
    line, talk = f"PARTITION BY {LINE} {ORDER}", f"PARTITION BY {TALK} {ORDER}"
    # A small call of another model between two large ones is no switch, and what it had cached nothing to go by.
    several = "SELECT talk FROM turns GROUP BY talk HAVING min(line) < max(line)"
    mixed = (
        f"SELECT call, line, p, coalesce(max(line) OVER ({talk} {THE_ONE_BEFORE}), line) AS other_line, "
        f"coalesce(max(p) OVER ({talk} {THE_ONE_BEFORE}), 0) AS other_p, "
        f"coalesce(max(r + w5 + w1) OVER ({talk} {THE_ONE_BEFORE}), 0) AS other_cached "
        f"FROM turns WHERE talk IN ({several})"
    )
    switched = (
        f"SELECT call, other_cached FROM ({mixed}) AS mixed "
        f"WHERE other_line <> line AND {CUT} * p >= other_p AND other_cached > 0"
    )
    followed = (
        f"SELECT *, coalesce(max(p) OVER ({line} {THE_ONE_BEFORE}), 0) AS before_p, "
        f"coalesce(max(r + w5 + w1) OVER ({line} {THE_ONE_BEFORE}), 0) AS before_cached, "
        f"coalesce(max(us) OVER ({line} {THE_ONE_BEFORE}), 0) AS before_at, "
        f"coalesce(max(w5) OVER ({line} {EARLIER}), 0) AS any5, coalesce(max(w1) OVER ({line} {EARLIER}), 0) AS any1 "
        "FROM turns"
    )
    either = (
        "SELECT followed.*, coalesce(switched.other_cached, 0) AS elsewhere "
        f"FROM ({followed}) AS followed LEFT JOIN ({switched}) AS switched ON switched.call = followed.call"
    )
    could = f"SELECT *, least(p, greatest(before_cached, elsewhere)) AS could FROM ({either}) AS either"
    pause = f"us - before_at > {LONG_US} OR (us - before_at > {SHORT_US} AND NOT (any5 = 0 AND any1 > 0))"
    cause = (
        f"CASE WHEN elsewhere > before_cached THEN 'model' WHEN {CUT} * p < before_p THEN 'compaction' "
        f"WHEN {pause} THEN 'pause' ELSE 'unknown' END"
    )
    broken = (
        f"SELECT call, could - r AS lost, {cause} AS cause FROM ({could}) AS could "
        f"WHERE could - r >= {LEAST_LOST} AND {PART_LOST} * (could - r) >= could"
    )
    written = "CAST(u AS DOUBLE) * ru + CAST(w5 AS DOUBLE) * r5 + CAST(w1 AS DOUBLE) * r1"
    dearer = f"greatest(({written}) / greatest(CAST(p - r AS DOUBLE), CAST(1 AS DOUBLE)) - rr, CAST(0 AS DOUBLE))"
    told = (
        f"SELECT {', '.join(lines.names)}, session, lost, cause, "
        f"{nearest(f'k * CAST(lost AS DOUBLE) * {dearer}')} AS spent "
        f"FROM ({lines.found(broken, ('lost', 'cause'))}) AS broken"
    )
    sums = (
        "count(*) AS breaks, sum(CAST(lost AS Int128)) AS all_lost, sum(spent) AS all_spent, "
        "count(DISTINCT session) AS sessions"
    )
    return _by_each(lines, told, sums, "cause", most, turns=lines.turns())


def _by_each(lines: Lines, told: str, sums: str, further: str, most: int, turns: str = "") -> Statement:
    """Sums of what is told, by each key and at last of all together, what cost most first: in one pass over the calls.

    `further` is a column of `told` by which each of them is told apart; `turns` is what `told` reads by that name.
    """
    more = f", {further}" if further else ""
    each = [
        f"(SELECT {at:d} AS which, {key} AS value{more}, {sums} FROM told "
        f"GROUP BY {key}{more} ORDER BY all_spent DESC, value{more} LIMIT {most:d})"
        for at, key in enumerate(lines.names)
    ]
    first = f"turns {lines.named} ({turns}), " if turns else ""
    sql = (
        f"WITH {first}told {lines.named} ({told}) SELECT * FROM ({' UNION ALL '.join(each)}) AS each "
        f"ORDER BY which, all_spent DESC, value{more}"
    )
    return Statement(sql, lines.scope.values)
