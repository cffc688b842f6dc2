"""What fills prompts, and what becomes of cache writes, as SQL with window functions, for both engines.

A *line* is what one model is asked one after the other in one conversation: the calls of one source, session, subagent,
thread and model, in order. What is told of a call rests on the one before it in its line.

The prompt of a call has `p` tokens: `r` were read from the cache, then stand those written to it for an hour (`w1`),
those written for five minutes (`w5`), and at the end those that were neither (`u`). Prices are weights: whole pico-
US- dollars a token as the price book has them. What a call really cost is shared out by them, so that the parts of it
always add up to it, whatever it was priced by. Money is whole atto-US-dollars a token, and adds up exactly on both
engines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tokometer.ledger import Statement
from tokometer.measures.ask import Key
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.questions import DEFAULT_RATE, Rate
from tokometer.measures.scope import Scope
from tokometer.records.context import COMPACTION, FILLING, SUMMARY
from tokometer.records.record import MAX_TOKENS
from tokometer.records.time import QUARTER_US

#: So far before the window a session is looked at: what came into its prompt earlier is not told apart.
BEFORE_US: Final = 31 * 86_400 * 1_000_000
#: A prompt of less than one part in so many of the one before it begins anew: it was summed up, or cleared.
CUT: Final = 2
#: Tokens a byte: where no step of a line tells, and the least and the most that is believed of one.
RATIO: Final = 0.25
_LEAST_RATIO, _MOST_RATIO = 0.1, 0.6

TALKS: Final = "source, session_id, subagent, thread"
#: Numbers that stand for a conversation and for a line of it: texts would be carried through every sort.
TALK: Final = "talk"
LINE: Final = "line"
EMPTY: Final = "''"
#: Calls of one microsecond come in an order that every engine has.
ORDER: Final = "ORDER BY us, p, d"
SO_FAR: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
EARLIER: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
LATER: Final = "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING"
_RATES: Final = ("ru", "rr", "r5", "r1", "ro")


def nearest(sql: str) -> str:
    """The nearest whole number of 128 bits, the same on both engines."""
    return f"CAST(floor({sql} + 0.5) AS Int128)"


def bounded(column: str) -> str:
    """A number of tokens, 0 where it is unknown; ledgers of before numbers had a most hold larger ones."""
    return f"least(coalesce({column}, 0), CAST({MAX_TOKENS} AS BIGINT))"


class Lines:
    """The SQL of one question. What several parts of a statement need is named once, in front of it.

    `keys` are what calls are told apart by, each by itself: :attr:`names` has their columns (`k0` …), and that of
    nothing, which is that of all together. `more` are further columns of calls that are carried along, by name, with
    their SQL. :attr:`only` is a SELECT of the sources and ids of the sessions that matter; empty for all. :attr:`such`
    is what the rows of `sessions` have to fulfil that matter, which is quicker; empty for all.
    """

    def __init__(
        self,
        scope: Scope,
        keys: Sequence[Key],
        rates: Sequence[Rate],
        *,
        telling: bool = False,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self._more = more or {}
        self.only = ""
        self.such = ""
        self.scope = scope
        self._keys = {f"k{at}": sql for at, sql in enumerate([*map(scope.key, keys), EMPTY])}
        self.names = tuple(self._keys)
        self.listed = ", ".join(self.names)
        self._rates = rates
        #: Only sessions of which something is known that fills prompts.
        self._telling = telling
        #: Whether what is named is worked out once, however often it is read; DuckDB has to be told.
        self.once = scope.dialect is DIALECTS["duckdb"]
        self.named = "AS MATERIALIZED" if self.once else "AS"

    def totals(self) -> Statement:
        """What the calls in question cost in atto-dollars, for prompts and for answers; their prompts' tokens."""
        sql = (
            f"SELECT coalesce(sum({nearest('k * prompt_w * 1000000')}), 0), "
            f"coalesce(sum(CAST(d AS Int128) * 1000000000), 0), coalesce(sum(CAST(p AS Int128)), 0), count(*) "
            f"FROM ({self.weighed(self.calls(threaded=False))}) AS weighed"
        )
        return Statement(sql, self.scope.values)

    def parts(self, most: int) -> Statement:
        """What filled prompts: kind, name, server, pieces, tokens that entered, tokens that were sent, atto-dollars."""
        on = "pieces.line = grown.line AND pieces.n = grown.n"
        whole, one = _weight("all_images", "all_bytes"), _weight("images", "bytes")
        told = (
            "SELECT kind, name, server, entered, counted, pay, sent, "
            f"CAST(floor(least(CAST(grown.grown AS DOUBLE), floor({whole})) * {one} / {whole}) AS BIGINT) AS tokens "
            f"FROM pieces JOIN grown ON {on} WHERE all_bytes + all_images > 0"
        )
        answers = (
            "SELECT 'answers' AS kind, '' AS name, '' AS server, 1 AS entered, counted, pay, sent, answered AS tokens "
            "FROM grown WHERE answered > 0"
        )
        sql = (
            f"WITH weighed {self.named} ({self.weighed(self.calls(threaded=True))}), "
            f"pieces {self.named} ({self._pieces()}), grown {self.named} ({self._grown()}) "
            "SELECT kind, name, server, sum(counted * entered), sum(CAST(tokens AS Int128) * counted), "
            "sum(CAST(tokens AS Int128) * sent), sum(CAST(tokens AS Int128) * pay) AS atto "
            f"FROM ({told} UNION ALL {answers}) AS told WHERE tokens > 0 GROUP BY kind, name, server "
            "HAVING sum(sent) > 0 "
            f"ORDER BY atto DESC, kind, name, server LIMIT {most:d}"
        )
        return Statement(sql, self.scope.values)

    def calls(self, *, threaded: bool) -> str:
        """The calls in question; with `threaded` all that their sessions had, with those in question marked."""
        scope = self.scope
        where = " AND ".join(scope.conditions())
        counted = "1"
        if threaded:
            counted = f"CASE WHEN {where} THEN 1 ELSE 0 END"
            where = f"{self.near()} AND session_id <> '' AND (source, session_id) IN ({self._sessions()})"
        return (
            f"SELECT id AS call, {scope.dialect.hash(TALKS)} AS talk, {scope.dialect.hash(f'{TALKS}, model')} AS line, "
            f"{scope.dialect.hash('source, session_id')} AS session, provider, model, user_messages, "
            f"{scope.dialect.micros('started_at')} AS us, "
            f"{bounded('input_tokens')} AS u, {bounded('cache_read_tokens')} AS r, "
            f"{bounded('cache_write_5m_tokens')} + {bounded('cache_write_unknown_tokens')} AS w5, "
            f"{bounded('cache_write_1h_tokens')} AS w1, {bounded('output_tokens')} AS o, "
            "coalesce(cost_usd, CAST(0 AS DECIMAL(18, 9))) AS cost, "
            f"{''.join(f'{sql} AS {name}, ' for name, sql in self._more.items())}"
            f"{''.join(f'{sql} AS {name}, ' for name, sql in self._keys.items())}{counted} AS counted "
            f"FROM {scope.rows()} WHERE {where}"
        )

    def near(self) -> str:
        """The workspaces, and the window with so much before it as matters."""
        names = ", ".join(self.scope.bind(name) for name in self.scope.ask.workspaces)
        first, last = self.reach
        return f"workspace IN ({names}) AND quarter >= {first:d} AND quarter < {last:d}"

    @property
    def reach(self) -> tuple[int, int]:
        """The quarter hours of the window and of so much before it as matters, from the first to before the last."""
        first = max(self.scope.ask.window.since - BEFORE_US, 0) // QUARTER_US
        return first, self.scope.ask.axis.last

    def _sessions(self) -> str:
        """The sessions that overlap the window."""
        scope = self.scope
        names = ", ".join(scope.bind(name) for name in scope.ask.workspaces)
        begun, ended = scope.dialect.micros("started_at"), scope.dialect.micros("ended_at")
        overlapping = (
            f"SELECT source, session_id FROM sessions WHERE workspace IN ({names}) "
            f"AND {begun} < {scope.bind(scope.ask.window.until)} AND {ended} >= {scope.bind(scope.ask.window.since)}"
        )
        if self.such:
            overlapping += f" AND {self.such}"
        if self.only:
            overlapping += f" AND (source, session_id) IN ({self.only})"
        if not self._telling:
            return overlapping
        telling = " UNION ALL ".join(
            f"SELECT source, session_id FROM {table} WHERE {self.near()} AND prompt_bytes > 0"
            for table in ("tools", "steps")
        )
        return f"{overlapping} AND (source, session_id) IN (SELECT source, session_id FROM ({telling}) AS telling)"

    def before(self, value: str, window: str, none: str = "0") -> str:
        """What a column has in the row before, in a window; `none` where that is the first."""
        return f"coalesce({self.scope.dialect.before(value, window)}, {none})"

    def after(self, value: str, window: str, none: str = "0") -> str:
        """What a column has in the row after, in a window; `none` where that is the last."""
        return f"coalesce({self.scope.dialect.after(value, window)}, {none})"

    def turns(self) -> str:
        """All calls that the sessions had, with what tells how one followed the other.

        Of calls only so much is carried through sorts; what of theirs matters further is told by :meth:`found`.
        """
        calls = f"SELECT *, u + r + w5 + w1 AS p FROM ({self.calls(threaded=True)}) AS calls"
        told = "call, talk, line, us, p, cost AS d, u, r, w5, w1, user_messages"
        return f"SELECT {told} FROM ({calls}) AS turns WHERE p > 0"

    def found(self, turns: str, columns: Sequence[str]) -> str:
        """The calls in question that `turns` names by `call`, weighed, with these columns of it."""
        told = ", ".join(f"found.{name} AS {name}" for name in columns)
        calls = (
            f"SELECT calls.*, {told} FROM ({self.calls(threaded=False)}) AS calls "
            f"JOIN ({turns}) AS found ON found.call = calls.call"
        )
        return self.weighed(calls, columns)

    def weighed(self, calls: str, more: Sequence[str] = ()) -> str:
        """Calls with the weights of their parts, and `more` of their columns.

        `k` is what they cost for each unit of weight; `d` is nano-dollars.
        """
        weights = ", ".join(
            f"coalesce(rates.{name}, {value:d}) AS {name}" for name, value in zip(_RATES, DEFAULT_RATE, strict=True)
        )
        priced = (
            f"SELECT {''.join(f'{name}, ' for name in (*self._more, *more))}"
            f"call, talk, line, session, user_messages, us, u, r, w5, w1, o, {', '.join(self.names)}, counted, "
            f"u + r + w5 + w1 AS p, {self._nano} AS d, {weights} FROM ({calls}) AS calls "
            f"LEFT JOIN ({self._weights()}) AS rates "
            "ON rates.at_provider = calls.provider AND rates.at_model = calls.model"
        )
        prompt = "CAST(u AS DOUBLE) * ru + CAST(w5 AS DOUBLE) * r5 + CAST(w1 AS DOUBLE) * r1 + CAST(r AS DOUBLE) * rr"
        return (
            "SELECT *, CASE WHEN prompt_w + output_w > 0 THEN CAST(d AS DOUBLE) * 1000 / (prompt_w + output_w) "
            "ELSE CAST(0 AS DOUBLE) END AS k "
            f"FROM (SELECT *, {prompt} AS prompt_w, CAST(o AS DOUBLE) * ro AS output_w FROM ({priced}) AS priced) AS w"
        )

    def _weights(self) -> str:
        """The weights that the question brings, as a table; never empty, as a NULL is told from a 0 by its type."""
        none = ("", "", *DEFAULT_RATE)
        # Lists: to read a SELECT for each of a hundred models takes an engine longer than many a question.
        columns = [list(map(str, column)) for column in zip(*(self._rates or (none,)), strict=True)]
        names = ("at_provider", "at_model", *(f"{name}_text" for name in _RATES))
        listed = self.scope.dialect.zipped([self.scope.bind(column) for column in columns], names)
        numbers = ", ".join(f"CAST({name}_text AS {self._nullable}) AS {name}" for name in _RATES)
        return f"SELECT at_provider, at_model, {numbers} FROM ({listed}) AS listed"

    @property
    def _nano(self) -> str:
        """What a call cost in nano-dollars, exactly."""
        if self.scope.dialect is DIALECTS["duckdb"]:
            # Multiplied as 128 bits it takes fifteen times as long. What is below a dollar has room in a double.
            below = "CAST(cost - floor(cost) AS DOUBLE)"
            return f"CAST(floor(cost) AS BIGINT) * 1000000000 + CAST(round({below} * 1000000000) AS BIGINT)"
        # ClickHouse multiplies in the width of what it multiplies.
        return "CAST(CAST(cost AS DECIMAL(38, 9)) * 1000000000 AS BIGINT)"

    @property
    def _nullable(self) -> str:
        # ClickHouse fills what a join does not find with 0, unless the column can be NULL.
        return "BIGINT" if self.scope.dialect is DIALECTS["duckdb"] else "Nullable(Int64)"

    def _pieces(self) -> str:
        """What entered prompts, in each line of its conversation; `n` is the number of the call that sent it first."""
        pieces = (
            "SELECT lines.line AS line, entering.us AS us, 0 AS called, kind, name, server, size, pictures "
            f"FROM ({self._entering()}) AS entering JOIN (SELECT DISTINCT talk, line FROM weighed) AS lines "
            "ON entering.talk = lines.talk"
        )
        calls = (
            "SELECT line, us, 1 AS called, '' AS kind, '' AS name, '' AS server, "
            "CAST(0 AS BIGINT) AS size, CAST(0 AS BIGINT) AS pictures FROM weighed WHERE p > 0"
        )
        # A call comes before what is of its very microsecond: that was asked for by it.
        placed = (
            f"SELECT *, 1 + coalesce(sum(called) OVER (PARTITION BY line ORDER BY us, called DESC {SO_FAR}), 0) AS n "
            f"FROM ({calls} UNION ALL {pieces}) AS stream"
        )
        return (
            "SELECT line, n, kind, name, server, sum(size) AS bytes, sum(pictures) AS images, count(*) AS entered "
            f"FROM ({placed}) AS placed WHERE called = 0 GROUP BY line, n, kind, name, server"
        )

    def _entering(self) -> str:
        """What has a size, and when it was there: at the last microsecond of what brought it."""
        micros = self.scope.dialect.micros("started_at")
        where = f"{self.near()} AND session_id <> '' AND (prompt_bytes > 0 OR prompt_image_tokens > 0)"
        listed = ", ".join(f"'{kind}'" for kind in FILLING)
        talk = f"{self.scope.dialect.hash(TALKS)} AS talk"
        size = "coalesce(prompt_bytes, 0) AS size, coalesce(prompt_image_tokens, 0) AS pictures"
        return (
            f"SELECT {talk}, {micros} + greatest(coalesce(duration_us, 1), 1) - 1 AS us, 'tool' AS kind, name, server, "
            f"{size} FROM tools WHERE {where} "
            f"UNION ALL SELECT {talk}, {micros} AS us, CASE WHEN type = '{SUMMARY}' THEN '{COMPACTION}' ELSE type END "
            f"AS kind, name, '' AS server, {size} FROM steps WHERE {where} AND type IN ({listed})"
        )

    def _grown(self) -> str:
        """Each call by its line and number, with how much its prompt has grown, and what a token that came in it costs.

        `q` is how long the prompt has been at most since it last began anew: as many tokens are in it, even where a few
        were dropped since. Of what it has grown by (`new`), the answer before it is first; `grown` is the rest. `pay`
        is what a token costs that entered with this call, from here until the prompt begins anew; `sent` how often it
        is sent.
        """
        order = f"PARTITION BY line {ORDER}"
        whole = "PARTITION BY line, part"
        in_turn = f"{whole} {ORDER}"
        followed = (
            f"SELECT *, row_number() OVER ({order}) AS n, "
            f"{self.before('p', order)} AS before_p, "
            f"{self.before('o', order)} AS before_o FROM weighed WHERE p > 0"
        )
        begins = f"CASE WHEN n = 1 OR {CUT} * p < before_p THEN 1 ELSE 0 END"
        begun = f"SELECT *, {begins} AS begins FROM ({followed}) AS followed"
        parted = f"SELECT *, sum(begins) OVER ({order} {SO_FAR}) AS part FROM ({begun}) AS begun"
        longest = (
            f"SELECT *, max(p) OVER ({in_turn} {SO_FAR}) AS q, "
            f"coalesce(max(p) OVER ({in_turn} {EARLIER}), 0) AS q_before FROM ({parted}) AS parted"
        )
        tail = (
            "CAST(least(new, u) AS DOUBLE) * ru + CAST(least(greatest(new - u, 0), w5) AS DOUBLE) * r5 "
            "+ CAST(least(greatest(new - u - w5, 0), w1) AS DOUBLE) * r1 "
            "+ CAST(greatest(new - u - w5 - w1, 0) AS DOUBLE) * rr"
        )
        tailed = f"SELECT *, {tail} AS tail_w FROM (SELECT *, q - q_before AS new FROM ({longest}) AS longest) AS news"
        none = "CAST(0 AS Int128)"
        priced = (
            "SELECT *, CASE WHEN begins = 1 THEN 0 ELSE least(new, before_o) END AS answered, "
            "CASE WHEN new > 0 AND counted = 1 "
            f"THEN {nearest('k * tail_w / new * 1000000')} ELSE {none} END AS enters, "
            "CASE WHEN q_before > 0 AND counted = 1 "
            f"THEN {nearest('k * greatest(prompt_w - tail_w, 0) / q_before * 1000000')} ELSE {none} END AS stays "
            f"FROM ({tailed}) AS tailed"
        )
        paid = (
            f"SELECT line, n, counted, user_messages, begins, answered, new - answered AS grown, "
            f"enters + sum(stays) OVER ({whole}) - sum(stays) OVER ({in_turn} {SO_FAR}) AS pay, "
            f"counted + sum(counted) OVER ({whole}) - sum(counted) OVER ({in_turn} {SO_FAR}) AS sent "
            f"FROM ({priced}) AS priced"
        )
        steps = "SELECT line, n, sum(bytes) AS step_bytes, sum(images) AS step_images FROM pieces GROUP BY line, n"
        own = ("line", "n", "counted", "answered", "grown", "pay", "sent")
        told = (
            f"SELECT {', '.join(f'paid.{name} AS {name}' for name in own)}, coalesce(step_bytes, 0) AS all_bytes, "
            "coalesce(step_images, 0) AS all_images, CASE WHEN begins = 0 AND user_messages = 0 "
            "AND coalesce(step_bytes, 0) > 0 AND paid.grown > coalesce(step_images, 0) THEN 1 ELSE 0 END AS clean "
            f"FROM ({paid}) AS paid LEFT JOIN ({steps}) AS steps "
            "ON paid.line = steps.line AND paid.n = steps.n"
        )
        told_tokens = "sum(CASE WHEN clean = 1 THEN grown - all_images ELSE 0 END) OVER (PARTITION BY line)"
        told_bytes = "sum(CASE WHEN clean = 1 THEN all_bytes ELSE 0 END) OVER (PARTITION BY line)"
        return (
            f"SELECT *, CASE WHEN {told_bytes} > 0 THEN least(CAST({_MOST_RATIO} AS DOUBLE), "
            f"greatest(CAST({_LEAST_RATIO} AS DOUBLE), CAST({told_tokens} AS DOUBLE) / CAST({told_bytes} AS DOUBLE))) "
            f"ELSE CAST({RATIO} AS DOUBLE) END AS ratio FROM ({told}) AS told"
        )


def _weight(images: str, text: str) -> str:
    """What something is taken to have in tokens, before it is held against what the prompt has grown by."""
    return f"(CAST({images} AS DOUBLE) + ratio * CAST({text} AS DOUBLE))"
