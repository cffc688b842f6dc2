"""The runs of a model that one answer is made of: `usage.iterations`.

An answer can hold several runs that are billed: plain ones (`message`), the summary of a long conversation before it
(`compaction`), a second model that was asked for advice (`advisor_message`), another model that took over
(`fallback_message`). The tokens at the top of the usage are mostly the sum of the plain ones, but not always, so it is
the numbers that decide which runs the top holds. What it does not hold of plain runs and compactions of the same model
is added to it: they are parts of one request. Every other run that it does not hold is a call of its own.

Types and what they mean: Anthropic's documentation of compaction, of the advisor tool, and of refusals and fallback.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from tokometer.records import ModelCall, RecordError
from tokometer.records.kinds import MAX_TOKENS
from tokometer.records.redaction import redacted
from tokometer.records.values import whole
from tokometer.sources.claude_code import calls, lines, usage
from tokometer.sources.claude_code.calls import Tokens
from tokometer.sources.claude_code.lines import UNFIT, Usage, stated

MESSAGE: Final = "message"
COMPACTION: Final = "compaction"
ADVISOR: Final = "advisor_message"
FALLBACK: Final = "fallback_message"
NOTHING: Final = (0, 0, 0, 0, 0)
#: Every type that we know the meaning of.
TYPES: Final = frozenset({MESSAGE, COMPACTION, ADVISOR, FALLBACK})

#: Most answers list no runs.
EMPTY: Final = b"[]"
#: What a usage has that does not list them at all.
NO_RUNS: Final = Usage().iterations
_FIELD: Final = "message.usage.iterations"
#: What spellings of one model differ in: its date, and the length of its context.
_VARIANT: Final = re.compile(r"(-\d{8})?(\[1m\])?$")
_MOST_RUNS: Final = 1_000
_LONGEST_TYPE: Final = 40


class Run(Usage, gc=False):
    """One run: what it used, and what it was."""

    type: str | None = None
    model: str | None = None
    stop_reason: str | None = None


class Apart(NamedTuple):
    """A run that is a call of its own."""

    #: Its type and its place among the runs of that type: `advisor_message1`.
    name: str
    run: Run
    tokens: Tokens
    searches: int
    stop_reason: str


class Split(NamedTuple):
    """What the runs of an answer come to."""

    #: What the answer used beside what its top says, for the same request.
    more: Tokens
    apart: list[Apart]
    #: The runs that are the answer's own; what they say holds for it where the top does not say it.
    inside: list[Run]
    #: What no rule reads, as topics and names of notices: types, and keys of runs.
    strange: list[tuple[str, str]]
    #: Entries that cannot be believed.
    broken: list[RecordError]


_decode_list: Final = msgspec.json.Decoder(list[Raw]).decode
_decode_run: Final = msgspec.json.Decoder(Run).decode
_NUMBERS: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"}
)


def runs_of(stated: Usage, top: Tokens, model: str) -> Split | None:
    """The runs that a usage lists, taken apart; None where it lists none."""
    raw = lines.stated(stated.iterations)
    return split(raw, top, model) if raw and raw != EMPTY else None


@lru_cache(maxsize=64)
def split(raw: bytes, top: Tokens, model: str) -> Split:
    """Take the runs of an answer apart; `top` and `model` are what the answer itself states. Its lines repeat them."""
    broken: list[RecordError] = []
    runs = list(_runs(raw, broken))
    tokens = [calls.tokens_of(run) for run in runs]
    types = [run.type or MESSAGE for run in runs]
    same = [not run.model or _plain(run.model) == _plain(model) for run in runs]
    whole, parts = _held(types, same, [_sums(each) for each in tokens], _sums(top))
    counts: Counter[str] = Counter()
    apart: list[Apart] = []
    more = NOTHING
    inside: list[Run] = []
    for at, (kind, run) in enumerate(zip(types, runs, strict=True)):
        counts[kind] += 1
        fresh, output, read, short, long = tokens[at]
        left = (fresh, 0 if at in parts else output, read, short, long)
        if at in whole:
            inside.append(run)
        elif same[at] and kind in (MESSAGE, COMPACTION):
            # A part of the same request.
            inside.append(run)
            more = together(more, left)
        elif any(left) or _searches_of(run):
            stop = run.stop_reason or ("refusal" if not output and _is_declined(types, at) else "")
            apart.append(Apart(f"{redacted(kind, _LONGEST_TYPE)}{counts[kind]}", run, left, _searches_of(run), stop))
    if max(together(top, more)) > MAX_TOKENS:
        broken.append(RecordError(_FIELD, f"more than {MAX_TOKENS} tokens in all"))
        more = NOTHING
    strange = [("event", redacted(kind, _LONGEST_TYPE)) for kind in dict.fromkeys(types) if kind not in TYPES]
    strange += [("usage", name) for name in usage.unread(raw, "iterations")]
    return Split(more, apart, inside, strange, broken)


def together(one: Tokens, other: Tokens) -> Tokens:
    """The sums of two."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3], one[4] + other[4]


def call_of(answer: ModelCall, apart: Apart) -> ModelCall:
    """A run as a call beside its answer's; whatever it does not say itself holds as for the answer."""
    name, run, tokens, searches, stop_reason = apart
    call = replace(
        answer,
        native_id=f"{answer.native_id}|{name}",
        group=f"{answer.group}|{name}" if answer.group else "",
        revision=calls.revision_of(tokens, run.speed, run.stop_reason, 0),
        model=run.model or answer.model,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cache_read_tokens=tokens[2],
        cache_write_5m_tokens=tokens[3],
        cache_write_1h_tokens=tokens[4],
        reasoning_tokens=None,
        quantities=usage.quantities_of(searches),
        region=usage.region_of(run.inference_geo) or answer.region,
        stop_reason=stop_reason,
        latency_us=None,
        attempt=1,
        user_messages=0,
        cost_reported=None,
        # Who else tells of the answer by these tells of the answer, not of a part of it.
        request_id="",
        response_id="",
    )
    if run.service_tier or run.speed:
        call.service_tier = usage.tier_of(run.service_tier, run.speed)
    if run.output_tokens_details is not None:
        calls.set_reasoning(call, run.output_tokens_details)
    return call


def complete(call: ModelCall, found: Split, *, searches_stated: bool) -> list[Apart]:
    """Give an answer what only its runs say, and return the runs beside it without what the answer holds already."""
    _, apart, inside, *_ = found
    if not call.region:
        regions = {usage.region_of(run.inference_geo) for run in inside}
        call.region = regions.pop() if len(regions) == 1 else ""
    if not call.service_tier:
        tiers = {usage.tier_of(run.service_tier, run.speed) for run in inside}
        call.service_tier = tiers.pop() if len(tiers) == 1 else ""
    within = sum(map(_searches_of, inside))
    beside = sum(each.searches for each in apart)
    if not searches_stated:
        call.quantities = usage.quantities_of(within)
    elif beside and call.quantities == usage.quantities_of(within + beside):
        # The answer's own count is that of all its runs.
        return [each._replace(searches=0) for each in apart if any(each.tokens)]
    return apart


def _runs(raw: bytes, broken: list[RecordError]) -> Iterator[Run]:
    try:
        entries = _decode_list(raw)
    except UNFIT:
        broken.append(RecordError(_FIELD, "not a list of runs"))
        return
    for at, entry in enumerate(entries[:_MOST_RUNS]):
        try:
            value = stated(entry)
            if value:
                yield _decode_run(value)
        except UNFIT:
            try:
                yield _without_the_rest(value)
            except RecursionError:
                broken.append(RecordError(f"{_FIELD}[{at}]", "is nested too deeply"))
            except (msgspec.DecodeError, ValueError) as error:
                reason, _, place = str(error).rstrip("`").partition(" - at `$")
                broken.append(RecordError(f"{_FIELD}[{at}]{place}", reason))
    if len(entries) > _MOST_RUNS:
        broken.append(RecordError(_FIELD, f"more than {_MOST_RUNS} runs"))


def _without_the_rest(value: bytes) -> Run:
    """A run of which only tokens, type and model are believed."""
    held = json.loads(value)
    if not isinstance(held, dict):
        raise ValueError("not an object")  # noqa: TRY004 - what the caller expects of a bad value
    kept = {name: _whole(item) for name, item in held.items() if name in _NUMBERS}
    kept |= {name: held[name] for name in ("type", "model") if isinstance(held.get(name), str)}
    return _decode_run(json.dumps(kept).encode())


def _whole(value: object) -> object:
    """100.0 is 100, and so is "100"."""
    try:
        return whole(value) if isinstance(value, (float, str)) else value
    except ValueError:
        return value


def _searches_of(run: Run) -> int:
    return usage.searches_of(run) or 0


def _plain(model: str) -> str:
    return _VARIANT.sub("", model)


#: Input, output, cache reads and cache writes.
_Sums = tuple[int, int, int, int]


def _sums(tokens: Tokens) -> _Sums:
    return tokens[0], tokens[1], tokens[2], tokens[3] + tokens[4]


def _held(types: Sequence[str], same: Sequence[bool], used: Sequence[_Sums], top: _Sums) -> tuple[set[int], set[int]]:
    """The places of the runs that the top holds, and of those of which it holds the output only."""
    every = range(len(types))
    plain = [at for at in every if types[at] == MESSAGE]
    not_summed_up = [at for at in every if types[at] != COMPACTION]
    candidates = (
        plain,
        [at for at in every if same[at]],
        list(every),
        not_summed_up,
        [at for at in every if types[at] in (MESSAGE, FALLBACK)],
        [at for at in every if types[at] == FALLBACK],
        not_summed_up[-1:],
    )
    for places in candidates:
        if places and _added(used, places) == top:
            return set(places), set()
    if len(plain) > 1 and (used[plain[0]][0], _added(used, plain)[1], *used[plain[0]][2:]) == top:
        # The prompt of the first run only, and the output of all.
        return {plain[0]}, set(plain[1:])
    if not any(top):
        return set(), set()
    # Something is only half written. Plain runs are in the top, whatever the numbers; an unknown one if it fits.
    held = list(plain)
    for at in every:
        if types[at] not in TYPES and same[at]:
            added = _added(used, [*held, at])
            if all(have <= most for have, most in zip(added, top, strict=True)):
                held.append(at)
    return set(held), set()


def _added(used: Sequence[_Sums], places: Sequence[int]) -> _Sums:
    fresh, output, read, written = (sum(column) for column in zip(*(used[at] for at in places), strict=True))
    return fresh, output, read, written


def _is_declined(types: Sequence[str], at: int) -> bool:
    """Whether another model took over: the service does that only where one declined to answer."""
    return at + 1 < len(types) and types[at + 1] == FALLBACK and types[at] in (MESSAGE, FALLBACK)
