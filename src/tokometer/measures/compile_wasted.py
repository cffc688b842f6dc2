"""What was paid for nothing, as SQL for both engines; the words (line, weight, pico-dollars) are `compile_prompts`'.

Each kind is a SELECT of pieces of waste: `k0` … (the values that are asked by), `session`, `times` (1 for what begins a
piece, else 0), `calls` (1, or 0) and `spent` in pico-dollars. No call counts twice within a kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tokometer.ledger import Statement
from tokometer.measures.compile_prompts import (
    CUT,
    EARLIER,
    EMPTY,
    LATER,
    LINE,
    ORDER,
    RATIO,
    SO_FAR,
    TALK,
    TALKS,
    Lines,
    bounded,
    nearest,
)
from tokometer.measures.compile_telling import hashes
from tokometer.records.labels import OTHER
from tokometer.records.status import ERRORS
from tokometer.records.time import QUARTER_US

MINUTE_US: Final = 60_000_000
#: Asked again within so long is asked again because of what came before.
AGAIN_US: Final = 10 * MINUTE_US
#: Failures in a row from which on it is a loop: of calls, and of uses of one tool.
LOOP_CALLS: Final = 2
LOOP_TOOLS: Final = 3
#: Prompts up to so many tokens are no burden.
LONG: Final = 100_000
#: An answer of a tool of fewer bytes than this may well be the same by chance.
SAME_BYTES: Final = 2_000
#: Sessions of at most so many calls, begun within AGAIN_US of the one before, could have been one.
SHORT_SESSION: Final = 5
#: How providers say that an answer was cut off at its limit.
CUT_OFF: Final = ("length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens", "LENGTH")

_AGAIN: Final = f"PARTITION BY {LINE} {ORDER}"
_FAILED: Final = ", ".join(f"'{status}'" for status in ERRORS)
_ENDS: Final = ", ".join(f"'{word}'" for word in CUT_OFF)
#: What the kinds know of calls beside what all questions about prompts do.
MORE: Final = {
    "failed": f"CASE WHEN status IN ({_FAILED}) THEN 1 ELSE 0 END",
    "cut": f"CASE WHEN stop_reason IN ({_ENDS}) THEN 1 ELSE 0 END",
    "agent_of": "agent",
    "subagent_of": "subagent",
    "project_of": "project",
    "labelled": "coalesce(label_set, 0)",
    "model_of": "model",
}
_WRITES: Final = tuple(f"cache_write_{life}_tokens" for life in ("5m", "1h", "unknown"))
#: Five numbers of at most 2^53 have room in 64 bits; sums of 128 take ten times as long.
_PROMPT: Final = " + ".join(bounded(name) for name in ("input_tokens", "cache_read_tokens", *_WRITES))
#: The whole cost of a call in pico-dollars.
_WHOLE: Final = "CAST(d AS Int128) * 1000"


def _only(lines: Lines, table: str, where: str, having: str = "", by: str = "") -> None:
    """Look only at sessions of which rows of a table say that it is worth it."""
    grouped = f" GROUP BY source, session_id{by} HAVING {having}" if having else ""
    lines.only = (
        f"SELECT source, session_id FROM {table} WHERE {lines.near()} AND session_id <> '' AND {where}{grouped}"
    )


def _calls(lines: Lines, table: str, where: str, having: str = "", by: str = "") -> str:
    """All calls of sessions that overlap the window: only of those of which rows of a table say that it is worth it."""
    _only(lines, table, where, having, by)
    return lines.weighed(lines.calls(threaded=True))


def retries(lines: Lines) -> str:
    """Calls that failed two times or more in a row in one line, each within ten minutes of the one before."""
    lines.such = f"errors >= {LOOP_CALLS}"
    calls = lines.weighed(lines.calls(threaded=True))
    followed = (
        f"SELECT *, {lines.before('failed', _AGAIN)} AS failed_before, "
        f"{lines.before('us', _AGAIN)} AS before_at, "
        f"{lines.after('failed', _AGAIN)} AS failed_next, "
        f"{lines.after('us', _AGAIN)} AS next_at FROM ({calls}) AS weighed"
    )
    after = f"(failed_before = 1 AND us - before_at <= {AGAIN_US})"
    begins = f"(failed_next = 1 AND next_at - us <= {AGAIN_US})"
    return (
        f"SELECT {lines.listed}, session, CASE WHEN {after} THEN 0 ELSE 1 END AS times, 1 AS calls, {_WHOLE} AS spent "
        f"FROM ({followed}) AS followed WHERE counted = 1 AND failed = 1 AND ({after} OR {begins})"
    )


def loops(lines: Lines) -> str:
    """Calls in between of one tool's failures, where it failed three times or more in a row in one conversation."""
    calls = _calls(lines, "tools", "status = 'error'", f"count(*) >= {LOOP_TOOLS}")
    dialect = lines.scope.dialect
    in_turn = "PARTITION BY talk ORDER BY us, use"
    uses = (
        f"SELECT {dialect.hash(TALKS)} AS talk, {dialect.micros('started_at')} AS us, id AS use, name, "
        f"{dialect.micros('started_at')} + CAST(coalesce(duration_us, 0) AS Int128) AS done, "
        "CASE WHEN status = 'error' THEN 1 ELSE 0 END AS bad "
        f"FROM tools WHERE {lines.near()} AND session_id <> ''"
    )
    followed = (
        f"SELECT *, {lines.before('bad', in_turn)} AS bad_before, "
        f"{lines.before('name', in_turn, EMPTY)} AS name_before FROM ({uses}) AS uses"
    )
    begun = (
        "SELECT *, CASE WHEN bad = 1 AND bad_before = 1 AND name = name_before THEN 0 ELSE 1 END AS begins "
        f"FROM ({followed}) AS followed"
    )
    numbered = f"SELECT *, sum(begins) OVER ({in_turn} {SO_FAR}) AS island FROM ({begun}) AS begun"
    stuck = (
        "SELECT talk AS at_talk, island, min(us) AS first_at, max(us) AS last_at "
        f"FROM ({numbered}) AS numbered WHERE bad = 1 GROUP BY talk, island HAVING count(*) >= {LOOP_TOOLS}"
    )
    placed = (
        f"SELECT *, row_number() OVER (PARTITION BY talk, island {ORDER}) AS n FROM ({calls}) AS weighed "
        f"JOIN ({stuck}) AS stuck ON stuck.at_talk = weighed.{TALK} "
        "WHERE failed = 0 AND us > first_at AND us <= last_at"
    )
    return (
        f"SELECT {lines.listed}, session, CASE WHEN n = 1 THEN 1 ELSE 0 END AS times, 1 AS calls, {_WHOLE} AS spent "
        f"FROM ({placed}) AS placed WHERE counted = 1"
    )


def rereads(lines: Lines) -> str:
    """Answers of a tool that are to the byte as long as an earlier one of it in the conversation: sent another time.

    They cost what came into the prompt by them, at what new tokens cost in the next call, and a read in each later one
    until the prompt begins anew.
    """
    calls = _calls(lines, "tools", f"prompt_bytes >= {SAME_BYTES}", "count(*) > 1", ", name, server, prompt_bytes")
    dialect = lines.scope.dialect
    uses = (
        f"SELECT {dialect.hash(TALKS)} AS talk, "
        f"{dialect.micros('started_at')} + CAST(greatest(coalesce(duration_us, 1), 1) AS Int128) - 1 AS us, "
        f"prompt_bytes AS size, row_number() OVER (PARTITION BY {TALKS}, name, server, prompt_bytes "
        "ORDER BY started_at, id) AS turn "
        f"FROM tools WHERE {lines.near()} AND session_id <> '' AND prompt_bytes >= {SAME_BYTES} AND status <> 'error'"
    )
    again = (
        f"SELECT talk, us, sum(size) AS size, count(*) AS pieces FROM ({uses}) AS uses WHERE turn > 1 GROUP BY talk, us"
    )
    fresh = "CAST(u AS DOUBLE) * ru + CAST(w5 AS DOUBLE) * r5 + CAST(w1 AS DOUBLE) * r1"
    enters = f"k * ({fresh}) / greatest(CAST(u + w5 + w1 AS DOUBLE), CAST(1 AS DOUBLE))"
    stays = "k * CASE WHEN r > 0 THEN CAST(rr AS DOUBLE) ELSE CAST(ru AS DOUBLE) END"
    in_turn = f"PARTITION BY talk {ORDER}"
    before = f"SELECT *, {lines.before('p', in_turn)} AS before_p FROM ({calls}) AS weighed WHERE p > 0"
    parted = (
        f"SELECT *, sum(CASE WHEN {CUT} * p < before_p THEN 1 ELSE 0 END) OVER ({in_turn} {SO_FAR}) AS part "
        f"FROM ({before}) AS before"
    )
    none = "CAST(0 AS DOUBLE)"
    paid = (
        f"SELECT talk, us, session, {lines.listed}, counted, "
        f"CASE WHEN counted = 1 THEN {enters} ELSE {none} END AS enters, "
        f"coalesce(sum(CASE WHEN counted = 1 THEN {stays} ELSE {none} END) OVER "
        f"(PARTITION BY talk, part {ORDER} {LATER}), {none}) AS stays FROM ({parted}) AS parted"
    )
    blank = ", ".join(f"'' AS {name}" for name in lines.names)
    stream = (
        f"SELECT talk, us, 1 AS called, session, {lines.listed}, counted, enters, stays, CAST(0 AS BIGINT) AS size, "
        f"CAST(0 AS BIGINT) AS pieces FROM ({paid}) AS paid UNION ALL "
        f"SELECT talk, us, 0 AS called, {dialect.hash('talk')} AS session, {blank}, 0 AS counted, "
        f"{none} AS enters, {none} AS stays, "
        f"CAST(size AS BIGINT) AS size, CAST(pieces AS BIGINT) AS pieces FROM ({again}) AS again"
    )
    # Each piece is sent with the first call after it: sum up what came since the call before.
    numbered = (
        "SELECT *, sum(called) OVER (PARTITION BY talk ORDER BY us, called DESC ROWS BETWEEN UNBOUNDED PRECEDING "
        f"AND CURRENT ROW) - called AS n FROM ({stream}) AS stream"
    )
    entered = (
        "SELECT *, sum(CASE WHEN called = 0 THEN size ELSE 0 END) OVER (PARTITION BY talk, n) AS came, "
        f"sum(CASE WHEN called = 0 THEN pieces ELSE 0 END) OVER (PARTITION BY talk, n) AS many "
        f"FROM ({numbered}) AS numbered"
    )
    tokens = f"floor(CAST(came AS DOUBLE) * {RATIO})"
    return (
        f"SELECT {lines.listed}, session, many AS times, 1 AS calls, "
        f"{nearest(f'{tokens} * (enters + stays)')} AS spent "
        f"FROM ({entered}) AS entered WHERE called = 1 AND counted = 1 AND came > 0"
    )


def carried(lines: Lines) -> str:
    """What of prompts is beyond 100,000 tokens, once a person has asked for something else since they were as long."""
    dialect = lines.scope.dialect
    # Where it begins needs no order of all calls: only of the few in which a person wrote.
    asked = (
        f"SELECT id AS first_call, {dialect.hash(f'{TALKS}, model')} AS line, {dialect.micros('started_at')} AS us, "
        f"{_PROMPT} AS p, coalesce(cost_usd, CAST(0 AS DECIMAL(18, 9))) AS d FROM calls "
        f"WHERE {lines.near()} AND session_id <> '' AND user_messages > 0 AND {_PROMPT} > {LONG}"
    )
    numbered = f"SELECT *, row_number() OVER ({_AGAIN}) AS place FROM ({asked}) AS asked"
    first = (
        "SELECT first_call, line AS at_line, us AS first_us, p AS first_p, d AS first_d "
        f"FROM ({numbered}) AS numbered WHERE place = 1"
    )
    long = f"{lines.calls(threaded=False)} AND session_id <> '' AND {_PROMPT} > {LONG}"
    since = (
        f"SELECT calls.*, CASE WHEN calls.call = first.first_call THEN 1 ELSE 0 END AS begins FROM ({long}) AS calls "
        f"JOIN ({first}) AS first ON first.at_line = calls.line "
        "WHERE (calls.us, u + r + w5 + w1, calls.cost) >= (first_us, first_p, first_d)"
    )
    beyond = f"CAST(p - {LONG} AS DOUBLE) / CAST(p AS DOUBLE)"
    return (
        f"SELECT {lines.listed}, session, begins AS times, 1 AS calls, "
        f"{nearest(f'k * prompt_w * {beyond}')} AS spent FROM ({lines.weighed(since, ('begins',))}) AS long_ones"
    )


def runs(lines: Lines) -> str:
    """Calls that were made within a run of an agent or a job that ended in an error, in its session, by its agent."""
    ended = " UNION ALL ".join(
        f"SELECT source, session_id, workspace, quarter, status FROM {table}" for table in ("runs", "jobs")
    )
    calls = _calls(lines, f"({ended}) AS ended", "status = 'error'")
    dialect = lines.scope.dialect
    session, begun = dialect.hash("source, session_id"), dialect.micros("started_at")
    where = f"{lines.near()} AND session_id <> '' AND status = 'error'"
    failed = (
        f"SELECT {session} AS in_session, agent AS by_agent, {begun} AS first_at, "
        f"{dialect.micros('ended_at')} AS last_at "
        f"FROM runs WHERE {where} AND ended_at IS NOT NULL UNION ALL "
        f"SELECT {session} AS in_session, agent AS by_agent, {begun} AS first_at, "
        f"{begun} + CAST(duration_us AS Int128) AS last_at "
        f"FROM jobs WHERE {where} AND duration_us IS NOT NULL"
    )
    within = (
        f"SELECT {lines.listed}, session, call, us, d, first_at FROM ({calls}) AS weighed "
        f"JOIN ({failed}) AS failed_runs ON failed_runs.in_session = weighed.session "
        "WHERE counted = 1 AND us >= first_at AND us <= last_at "
        "AND (by_agent = '' OR by_agent = agent_of OR by_agent = subagent_of)"
    )
    once = (
        f"SELECT {lines.listed}, session, call, us, max(d) AS d, min(first_at) AS first_at FROM ({within}) AS within "
        f"GROUP BY {lines.listed}, session, call, us"
    )
    # By time first: engines order ids each in their own way.
    return (
        f"SELECT {lines.listed}, session, "
        "CASE WHEN row_number() OVER (PARTITION BY session, first_at ORDER BY us, d, call) = 1 "
        f"THEN 1 ELSE 0 END AS times, 1 AS calls, {_WHOLE} AS spent FROM ({once}) AS once"
    )


def unrepaid(lines: Lines) -> str:
    """Lines in which writing to the cache cost more than plain input, beyond what was saved by reading from it."""
    # Lines without a write are never beyond what they saved: nothing is gained by looking for the others first.
    calls = lines.weighed(f"{lines.calls(threaded=False)} AND session_id <> ''")
    extra = "CAST(w5 AS DOUBLE) * greatest(r5 - ru, 0) + CAST(w1 AS DOUBLE) * greatest(r1 - ru, 0)"
    saved = "CAST(r AS DOUBLE) * greatest(ru - rr, 0)"
    whole = (
        f"SELECT {lines.listed}, session, line, count(*) AS calls, "
        f"sum({nearest(f'k * ({extra})')}) - sum({nearest(f'k * ({saved})')}) AS net "
        f"FROM ({calls}) AS weighed WHERE p > 0 GROUP BY {lines.listed}, session, line"
    )
    return f"SELECT {lines.listed}, session, 1 AS times, calls, net AS spent FROM ({whole}) AS whole WHERE net > 0"


def cut(lines: Lines) -> str:
    """Answers that were cut off at their limit and asked for again within ten minutes, instead of gone on with."""
    calls = _calls(lines, "calls", f"stop_reason IN ({_ENDS})")
    followed = (
        f"SELECT *, {lines.after('us', _AGAIN)} AS next_at, "
        f"{lines.after('p', _AGAIN)} AS next_p FROM ({calls}) AS weighed"
    )
    return (
        f"SELECT {lines.listed}, session, 1 AS times, 1 AS calls, {_WHOLE} AS spent "
        f"FROM ({followed}) AS followed "
        f"WHERE counted = 1 AND cut = 1 AND next_at > us AND next_at - us <= {AGAIN_US} "
        "AND next_p > 0 AND next_p < p + o"
    )


def duplicates(lines: Lines) -> str:
    """Calls with a prompt that the model was asked before in the window, by the hash that their sender labels."""
    sets = hashes(lines)
    labelled = f"label_set IN (SELECT named_set FROM ({sets}) AS sets WHERE coalesce(prompt_hash, '') <> '')"
    calls = lines.weighed(f"{lines.calls(threaded=False)} AND {labelled}")
    sets = hashes(lines)
    placed = (
        "SELECT *, row_number() OVER (PARTITION BY prompt_hash, model_of ORDER BY us, call) AS turn "
        f"FROM ({calls}) AS weighed JOIN ({sets}) AS named ON named.named_set = weighed.labelled "
        f"WHERE failed = 0 AND coalesce(prompt_hash, '') NOT IN ('', {lines.scope.bind(OTHER)})"
    )
    return (
        f"SELECT {lines.listed}, session, 1 AS times, 1 AS calls, {_WHOLE} AS spent "
        f"FROM ({placed}) AS placed WHERE turn > 1"
    )


def starts(lines: Lines) -> str:
    """Short sessions of one agent in one project, begun within ten minutes of the one before: each pays its start.

    What they have in common is at most the shortest first prompt of them; that much could have been read from a cache.
    """
    # Of a session that reaches beyond what is looked at, fewer calls may be in it.
    begun, ended = (at * QUARTER_US for at in lines.reach)
    dialect = lines.scope.dialect
    lines.such = (
        f"(requests <= {SHORT_SESSION} OR {dialect.micros('started_at')} < {begun:d} "
        f"OR {dialect.micros('ended_at')} >= {ended:d})"
    )
    calls = lines.weighed(lines.calls(threaded=True))
    in_turn = f"PARTITION BY session {ORDER}"
    first = (
        f"SELECT *, row_number() OVER ({in_turn}) AS n, count(*) OVER (PARTITION BY session) AS many, "
        f"max(us) OVER (PARTITION BY session) AS last_at FROM ({calls}) AS weighed WHERE p > 0"
    )
    alike = "PARTITION BY agent_of, project_of, line_of"
    # The model is part of what is alike: a cache is one model's.
    firsts = f"SELECT *, model_of AS line_of FROM ({first}) AS first WHERE n = 1 AND many <= {SHORT_SESSION}"
    followed = (
        f"SELECT *, coalesce(max(last_at) OVER ({alike} {ORDER} {EARLIER}), 0) AS before_at, "
        f"min(p) OVER ({alike}) AS shared FROM ({firsts}) AS firsts"
    )
    fresh = "CAST(u AS DOUBLE) * ru + CAST(w5 AS DOUBLE) * r5 + CAST(w1 AS DOUBLE) * r1"
    each = f"greatest(({fresh}) / greatest(CAST(u + w5 + w1 AS DOUBLE), CAST(1 AS DOUBLE)) - rr, CAST(0 AS DOUBLE))"
    saved = f"k * CAST(greatest(shared - r, 0) AS DOUBLE) * {each}"
    return (
        f"SELECT {lines.listed}, session, 1 AS times, 1 AS calls, {nearest(saved)} AS spent "
        f"FROM ({followed}) AS followed "
        f"WHERE counted = 1 AND before_at > 0 AND us > before_at AND us - before_at <= {AGAIN_US} AND shared > r"
    )


#: Every kind of waste, by name.
KINDS: Final[dict[str, Callable[[Lines], str]]] = {
    one.__name__: one for one in (retries, loops, rereads, carried, runs, unrepaid, cut, duplicates, starts)
}


def added(lines: Lines, of: str, most: int) -> Statement:
    """The pieces of one kind by the value of each key, what cost most first; without a key all together.

    Columns: which key, value, times, calls, pico-dollars, sessions; times, calls and pico-dollars of all values; how
    many values.
    """
    asked = lines.names[:-1] or lines.names
    each = [
        f"(SELECT {at:d} AS which, value, times, calls, spent, sessions, sum(times) OVER () AS all_times, "
        "sum(calls) OVER () AS all_calls, sum(spent) OVER () AS all_spent, count(*) OVER () AS many FROM ("
        f"SELECT {key} AS value, sum(times) AS times, sum(calls) AS calls, sum(CAST(spent AS Int128)) AS spent, "
        f"count(DISTINCT session) AS sessions FROM pieces WHERE spent > 0 GROUP BY {key}"
        f") AS told ORDER BY spent DESC, value LIMIT {most:d})"
        for at, key in enumerate(asked)
    ]
    sql = (
        f"WITH pieces {lines.named} ({KINDS[of](lines)}) SELECT * FROM ({' UNION ALL '.join(each)}) AS each "
        "ORDER BY which, spent DESC, value"
    )
    return Statement(sql, lines.scope.values)
