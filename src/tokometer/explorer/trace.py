"""A trace: all records that share a trace id, as a tree, with what they cost added up on every node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tokometer.explorer.amount import Amount, own
from tokometer.explorer.lines import LINED, Line, lines
from tokometer.explorer.reading import TELLINGS, Reading
from tokometer.explorer.tree import Placed, Span, tree
from tokometer.ledger.schema import ALL_TOKENS, FAILED, added_up
from tokometer.records.stated import PROMPT

#: Of one trace not more records of a kind are placed in the tree; what the others cost is told all the same.
MOST: Final = 20_000
#: Which kind of record a span belongs to, where several say so: the first.
_PRECEDENCE: Final = {cube: rank for rank, cube in enumerate(("calls", "runs", "tools", "steps", "jobs"))}
#: Kinds of record that say in which span they were written, and are no spans.
_WITHIN: Final = ("logs", "scores", "error_details", "documents")
_NANO: Final = 10**9


@dataclass(slots=True)
class Node:
    """One record in its trace."""

    line: Line
    placed: Placed
    #: What it adds itself, and with all that stands below it.
    own: Amount
    whole: Amount


@dataclass(slots=True)
class Trace:
    """A trace as a tree. Times are microseconds since the epoch."""

    id: str
    #: In the order of the tree.
    nodes: list[Node]
    #: What all of it adds up to: the measures over the trace.
    whole: Amount
    started_at: int
    ended_at: int
    #: Records that are not in `nodes`, because there are more than :data:`MOST`; `whole` has them.
    left_out: int = 0

    @property
    def sessions(self) -> list[tuple[str, str]]:
        """The sessions that it belongs to, each with its source."""
        return list(
            dict.fromkeys(
                (node.line.session_id, node.line.source)
                for node in self.nodes
                if node.line.session_id and node.line.cube in _PRECEDENCE
            )
        )


def trace(reading: Reading, trace_id: str, most: int = MOST) -> Trace | None:
    """The trace of an id; None where no record has it."""
    if not trace_id:
        return None
    found: list[Line] = []
    left_out = 0
    then = f"ORDER BY started_at, source, native_id LIMIT {most + 1:d}"
    values = {"trace": trace_id}
    for cube in LINED:
        for told in (False, True) if cube in TELLINGS else (False,):
            some = lines(reading, cube, "trace_id = $trace", values, then=then, told=told)
            if len(some) > most:
                some.pop()
                left_out += _count(reading, TELLINGS[cube].name if told else cube, trace_id) - most
            found += some
    if not found:
        return None
    nodes = placed(found)
    whole = Amount()
    for node in nodes:
        if node.placed.parent is None:
            whole.add(node.whole)
    if left_out:
        whole = _flat(reading, trace_id)
    ends = [line.started_at if line.ended_at is None else line.ended_at for line in found]
    return Trace(trace_id, nodes, whole, min(line.started_at for line in found), max(ends), left_out)


def placed(found: Sequence[Line]) -> list[Node]:
    """The records as the nodes of a tree, in its order. What was told twice is there twice, and counts once."""
    counting = {line.id for line in found if not line.told}
    # What was settled of several tellings stands under the id of one of them: that telling is no second record.
    shown = [line for line in found if not (line.told and line.id in counting)]
    shown.sort(key=_order)
    by_name = {(line.cube, line.native_id): number for number, line in reversed(list(enumerate(shown)))}
    made = tree([_span(line, by_name) for line in shown])
    nodes: dict[int, Node] = {}
    for one in made:
        mine = own(shown[one.number])
        # Most have nothing below them: what they add is all that they are.
        nodes[one.number] = Node(shown[one.number], one, mine, replace(mine) if one.size else mine)
    for one in reversed(made):
        if one.parent is not None:
            nodes[one.parent].whole.add(nodes[one.number].whole)
    return [nodes[one.number] for one in made]


def _order(line: Line) -> tuple[int, bool, str, str, str]:
    return line.started_at, line.told, line.cube, line.source, line.native_id


def _span(line: Line, by_name: dict[tuple[str, str], int]) -> Span:
    about = by_name.get(("calls", line.call_id)) if line.call_id else None
    if about is None and line.run_id:
        about = by_name.get(("runs", line.run_id))
    rank = len(_PRECEDENCE) if line.told else _PRECEDENCE.get(line.cube, len(_PRECEDENCE))
    return Span(line.span_id, line.parent_id, line.cube not in _WITHIN, about, line.told, rank)


def _count(reading: Reading, table: str, trace_id: str) -> int:
    [(count,)] = reading.rows(["count(*)"], table, "trace_id = $trace", {"trace": trace_id})
    return int(count)


def _flat(reading: Reading, trace_id: str) -> Amount:
    """What a trace adds up to, asked of all its calls."""
    columns = [
        "count(*)",
        f"count(*) FILTER (WHERE {FAILED})",
        "coalesce(sum(cost_usd), 0)",
        "count(*) FILTER (WHERE cost_usd IS NULL)",
        *(" + ".join(added_up(name) for name in names) for names in (ALL_TOKENS, PROMPT, ("output_tokens",))),
    ]
    [row] = reading.rows(columns, "calls", "trace_id = $trace", {"trace": trace_id})
    calls, errors, cost, unpriced, tokens, prompt, output = row
    return Amount(int(calls), int(errors), int(cost * _NANO), int(unpriced), int(tokens), int(prompt), int(output))
