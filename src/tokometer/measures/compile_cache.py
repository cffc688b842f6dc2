"""What becomes of cache writes, and where a cache breaks, as SQL for both engines; the words are `compile_prompts`'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tokometer.ledger import Statement
from tokometer.measures.compile_prompts import CUT, LINE, ORDER, TALK, Lines, nearest

#: Lifetimes of what is written to a cache, in milliseconds: ClickHouse counts no frame in more than 32 bits.
_SHORT_MS: Final = 300_000
_LONG_MS: Final = 3_600_000
SHORT_US: Final = 1_000 * _SHORT_MS
LONG_US: Final = 1_000 * _LONG_MS
#: Fewer tokens than this are not cached, and are no break; nor is less than one part in ten of what was cached.
LEAST_LOST: Final = 1_024
PART_LOST: Final = 10
#: When what has not happened happens.
_NEVER: Final = 2**62
#: Of sessions in which no cache had a part nothing is told.
_CACHED: Final = "(cache_read_tokens > 0 OR cache_write_tokens > 0)"
_REASONS: Final = ("last", "late", "changed")


def writes(lines: Lines, most: int) -> Statement:
    """What was written and never read back, by each key and of all together; money in pico-dollars.

    Columns: which key, the last of them being none; its value; tokens written; of them never read; of those written
    for an hour; their cost; what of it is beyond plain input; the cost of those after which nothing came, after which
    something came too late, and of the others.
    """
    lines.such = "cache_write_tokens > 0"
    read_again = _read_again(lines)
    unread = (
        "SELECT call, us, next_at, w5 - least(w5, greatest(read5 - r - w1, 0)) AS unread5, "
        f"w1 - least(w1, greatest(read1 - r, 0)) AS unread1 FROM ({read_again}) AS read_again"
    )
    lost = lines.found(
        f"SELECT * FROM ({unread}) AS unread WHERE unread5 > 0 OR unread1 > 0", ("unread5", "unread1", "next_at")
    )
    short, long = "CAST(unread5 AS DOUBLE)", "CAST(unread1 AS DOUBLE)"
    late = f"next_at - us > CASE WHEN unread1 > 0 THEN {LONG_US} ELSE {SHORT_US} END"
    names, none = ", ".join(lines.names), "CAST(0 AS Int128)"
    # Most of what is written is read again: what it cost is worked out of the rest alone.
    told = (
        f"SELECT {names}, {none} AS written, unread5, unread1, "
        f"{nearest(f'k * ({short} * r5 + {long} * r1)')} AS spent, "
        f"{nearest(f'k * ({short} * greatest(r5 - ru, 0) + {long} * greatest(r1 - ru, 0))')} AS beyond, "
        f"CASE WHEN next_at = 0 THEN 'last' WHEN {late} THEN 'late' ELSE 'changed' END AS reason "
        f"FROM ({lost}) AS lost "
        f"UNION ALL SELECT {names}, sum(CAST(w5 + w1 AS Int128)) AS written, "
        f"CAST(0 AS BIGINT) AS unread5, CAST(0 AS BIGINT) AS unread1, {none} AS spent, {none} AS beyond, '' AS reason "
        f"FROM ({lines.calls(threaded=False)} AND session_id <> '') AS calls WHERE w5 + w1 > 0 GROUP BY {names}"
    )
    reasons = ", ".join(
        f"sum(CASE WHEN reason = '{name}' THEN spent ELSE CAST(0 AS Int128) END) AS all_{name}" for name in _REASONS
    )
    sums = (
        "sum(written) AS all_written, sum(CAST(unread5 + unread1 AS Int128)) AS all_unread, "
        f"sum(CAST(unread1 AS Int128)) AS all_unread1, sum(spent) AS all_spent, sum(beyond) AS all_beyond, {reasons}"
    )
    return _by_each(lines, told, sums, "", most, named={"followed": _followed(lines)} if lines.once else {})


def _followed(lines: Lines) -> str:
    """Calls that have a prompt, with what came next in their line, and the `fate` of what they wrote.

    Of what was written (for five minutes or an hour) nothing is left to look for where the next call read all of it
    (`read`), or where none came in time (`alone`); else it is `open`.
    """
    line = f"PARTITION BY {LINE} {ORDER}"
    step = f"{lines.scope.dialect.divide('next_at', 1_000)} - {lines.scope.dialect.divide('us', 1_000)}"
    next_ones = (
        f"SELECT call, line, us, r, w5, w1, {lines.after('us', line)} AS next_at, {lines.after('r', line)} AS next_r "
        f"FROM ({lines.turns()}) AS turns"
    )
    stepped = f"SELECT *, CASE WHEN next_at > 0 THEN {step} ELSE {_LONG_MS + 1} END AS step FROM ({next_ones}) AS nexts"
    return (
        "SELECT call, line, us, r, w5, w1, next_at, CASE WHEN w5 + w1 = 0 THEN 'none' "
        f"WHEN step > CASE WHEN w1 > 0 THEN {_LONG_MS} ELSE {_SHORT_MS} END THEN 'alone' "
        f"WHEN step > 0 AND step <= CASE WHEN w5 > 0 THEN {_SHORT_MS} ELSE {_LONG_MS} END AND next_r >= r + w5 + w1 "
        f"THEN 'read' ELSE 'open' END AS fate FROM ({stepped}) AS stepped"
    )


def _read_again(lines: Lines) -> str:
    """Calls of which what was written may not have been read, and how far those that came in time after each read.

    To look at all that came in time is what takes longest: only lines with what is open need it.
    """
    in_turn = f"PARTITION BY {LINE} ORDER BY {lines.scope.dialect.divide('us', 1_000)}"

    def furthest(milliseconds: int) -> str:
        return f"coalesce(max(r) OVER ({in_turn} RANGE BETWEEN 1 FOLLOWING AND {milliseconds:d} FOLLOWING), 0)"

    if not lines.once:
        # What is read seven times would be worked out seven times: to look at all takes less.
        both = f"{furthest(_SHORT_MS)} AS read5, {furthest(_LONG_MS)} AS read1"
        return f"SELECT *, {both} FROM ({_followed(lines)}) AS followed"
    short, long = (f"max(CASE WHEN {life} > 0 THEN 1 ELSE 0 END)" for life in ("w5", "w1"))
    lives = f"SELECT line, {short} AS short, {long} AS long FROM followed WHERE fate = 'open' GROUP BY line"
    parts = (
        f"SELECT * FROM (SELECT *, {furthest(_SHORT_MS) if has5 else 0} AS read5, "
        f"{furthest(_LONG_MS) if has1 else 0} AS read1 FROM followed WHERE line IN "
        f"(SELECT line FROM ({lives}) AS lives WHERE short = {has5:d} AND long = {has1:d})) AS looked "
        "WHERE fate = 'open'"
        for has5, has1 in ((True, False), (False, True), (True, True))
    )
    alone = "SELECT *, 0 AS read5, 0 AS read1 FROM followed WHERE fate = 'alone'"
    return " UNION ALL ".join((alone, *parts))


def breaks(lines: Lines, most: int) -> Statement:
    """Where a conversation went on and its cache did not, by each key and of all together.

    Columns: which key, the last of them being none; its value, cause, breaks, tokens lost, pico-dollars, sessions.
    """
    lines.such = _CACHED
    line, talk = f"PARTITION BY {LINE} {ORDER}", f"PARTITION BY {TALK} {ORDER}"
    # A small call of another model between two large ones is no switch, and what it had cached nothing to go by.
    several = "SELECT talk FROM turns GROUP BY talk HAVING min(line) < max(line)"
    mixed = (
        f"SELECT call, line, p, {lines.before('line', talk, 'line')} AS other_line, "
        f"{lines.before('p', talk)} AS other_p, {lines.before('cached', talk)} AS other_cached "
        f"FROM turns WHERE talk IN ({several})"
    )
    switched = (
        f"SELECT call, other_cached FROM ({mixed}) AS mixed "
        f"WHERE other_line <> line AND {CUT} * p >= other_p AND other_cached > 0"
    )
    followed = (
        f"SELECT call, line, us, p, r, {lines.before('p', line)} AS before_p, {lines.before('us', line)} AS before_at, "
        f"{lines.before('cached', line)} AS before_cached FROM turns"
    )
    either = (
        "SELECT followed.*, coalesce(switched.other_cached, 0) AS elsewhere "
        f"FROM ({followed}) AS followed LEFT JOIN ({switched}) AS switched ON switched.call = followed.call"
    )
    could = f"SELECT *, least(p, greatest(before_cached, elsewhere)) AS could FROM ({either}) AS either"
    # What was written before a pause was written earlier than this call began.
    long_lived = "first5 >= us AND first1 < us"
    pause = f"us - before_at > {LONG_US} OR (us - before_at > {SHORT_US} AND NOT ({long_lived}))"
    cause = (
        f"CASE WHEN elsewhere > before_cached THEN 'model' WHEN {CUT} * p < before_p THEN 'compaction' "
        f"WHEN {pause} THEN 'pause' ELSE 'unknown' END"
    )
    first = ", ".join(
        f"min(CASE WHEN w{life} > 0 THEN us ELSE CAST({_NEVER} AS BIGINT) END) AS first{life}" for life in (5, 1)
    )
    broken = (
        f"SELECT call, could - r AS lost, {cause} AS cause FROM ({could}) AS could "
        f"JOIN (SELECT line AS in_line, {first} FROM turns GROUP BY line) AS lives ON lives.in_line = could.line "
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
    turns = f"SELECT *, r + w5 + w1 AS cached FROM ({lines.turns()}) AS turns"
    return _by_each(lines, told, sums, "cause", most, named={"turns": turns})


def _by_each(lines: Lines, told: str, sums: str, further: str, most: int, named: Mapping[str, str]) -> Statement:
    """Sums of what is told, by each key and at last of all together, what cost most first: in one pass over the calls.

    `further` is a column of `told` by which each of them is told apart; `named` is what `told` reads by name.
    """
    more = f", {further}" if further else ""
    each = [
        f"(SELECT {at:d} AS which, {key} AS value{more}, {sums} FROM told "
        f"GROUP BY {key}{more} ORDER BY all_spent DESC, value{more} LIMIT {most:d})"
        for at, key in enumerate(lines.names)
    ]
    first = "".join(f"{name} {lines.named} ({sql}), " for name, sql in named.items())
    sql = (
        f"WITH {first}told {lines.named} ({told}) SELECT * FROM ({' UNION ALL '.join(each)}) AS each "
        f"ORDER BY which, all_spent DESC, value{more}"
    )
    return Statement(sql, lines.scope.values)
