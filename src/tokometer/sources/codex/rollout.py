"""One thread's rollout, line by line, into records.

The state is all that lines to come depend on, so a rollout can be read in any number of steps, cut at any line.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from tokometer.records import ModelCall, Notice, Record, RecordError, check_time, status_of, to_us
from tokometer.records.providers import provider_of
from tokometer.records.values import MOST_ATTEMPTS
from tokometer.sources.codex import descent, terms, tools
from tokometer.sources.codex.compactions import compacted
from tokometer.sources.codex.config import account_of, configured_tier
from tokometer.sources.codex.failures import failure_of
from tokometer.sources.codex.limits import samples_of
from tokometer.sources.codex.lineage import home_of, minted, project_of, thread_in
from tokometer.sources.codex.rows import (
    BadLine,
    Event,
    Info,
    ItemCompleted,
    Kind,
    Line,
    SettingsApplied,
    TokenCount,
    ToolEnd,
    ToolUse,
    TurnContext,
    Usage,
    UsageRecord,
    decode,
    is_read,
)
from tokometer.sources.codex.state import State, Turn
from tokometer.sources.codex.toolbox import Toolbox
from tokometer.sources.codex.turns import run_of
from tokometer.sources.codex.usage import Vector, buckets_of, fell, spent, unsplit_of, vector_of
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed

SOURCE: Final = "codex"
#: A longer wait than this says that someone was away, not that a model was slow.
_PATIENCE: Final = 1_800_000_000
#: What is said of a call of a count once its usage record is there goes before the count.
_WITHDRAWN: Final = 2


class Rollout:
    """A reader of one rollout: give it lines with :meth:`take`, then ask for :meth:`records`."""

    def __init__(self, path: Path, state: State | None) -> None:
        """Go on from `state`, or begin."""
        self.path = path
        self._calls: list[Record] = []
        #: Records that grow while their file does, by native id; only their last form is given.
        self._growing: dict[str, Record] = {}
        self._configured: str | None = None
        self._noticed = Noticed(SOURCE, str(path))
        #: Where the present line stands, and what of it nobody knows.
        self._offset = 0
        self._strange: list[str] = []
        if state is None:
            thread = thread_in(path.name) or path.name.partition(".jsonl")[0]
            state = State(thread=thread, began=minted(thread) or 0)
            state.family = [(state.began, thread)]
        self.state = state
        self._tools = Toolbox(state, SOURCE, self._keep)

    def records(self) -> list[Record]:
        """What the lines taken so far amount to, with the machine and the account that they are now found under."""
        records = [*self._calls, *self._growing.values()]
        machine, account = host(), account_of(home_of(self.path)) if records else ""
        for record in records:
            record.machine, record.account = machine, account
        return records

    def notices(self) -> list[Notice]:
        """What no rule understood in the lines taken so far."""
        return self._noticed.all()

    def take(self, kind: Kind, line: bytes, offset: int = 0) -> None:
        """Read one line of a kind that matters, or notice one that nobody knows; `offset` is where it stands.

        Raises:
            BadLine: It cannot be believed, or (rate limits) a part of it that the rest does not depend on.
        """
        self._offset = offset
        name, inner = kind
        if not is_read(kind):
            self._notice("line", f"{name}/{inner}" if inner else name or "without a type")
            return
        row = decode(kind, line, self._strange)
        if self._strange:
            for key in self._strange:
                self._notice("usage", key)
            self._strange.clear()
        if name == "response_item":
            if isinstance(row.payload, ToolUse):
                self._tools.use(row.payload, self._at(row))
            else:
                self._tools.output(row.payload, self._at(row))
        elif name == "event_msg":
            self._event(inner, row)
        elif name == "token_usage_record":
            self._usage_record(row.payload, self._at(row))
        elif name == "turn_context":
            self._turn_context(row.payload, row)
        elif name == "compacted":
            self._calls += compacted(self.state, row.payload, self._at(row), SOURCE)
        else:
            descent.introduce(self.state, row.payload, self.path)

    def _notice(self, topic: str, name: str) -> None:
        self._noticed.add(topic, name, self._offset)

    # Who and under what.

    def _turn_context(self, context: TurnContext, row: Line[Any]) -> None:
        state = self.state
        state.model = context.model or state.model
        state.tier = terms.said(context.service_tier) or state.tier
        state.project = state.project or project_of(self.path, context.cwd or "")
        descent.enter(state, context.turn_id or "", None, self.path)
        state.asked_at = _time(row) or state.asked_at

    def _at(self, row: Line[Any]) -> int:
        """When a line was written; refused where that cannot be."""
        if row.timestamp is None:
            raise BadLine("timestamp", "is missing")
        try:
            at = check_time(to_us(row.timestamp), "timestamp")
        except RecordError as error:
            raise BadLine(error.field, error.reason) from None
        self.state.seen_at = at
        return at

    # Counting.

    def _usage_record(self, record: UsageRecord, at: int) -> None:
        state = self.state
        if record.usage.input_tokens is None and record.usage.output_tokens is None and not unsplit_of(record.usage):
            raise BadLine("payload.usage.input_tokens", "is missing")
        if record.thread_id and record.thread_id == state.thread:
            state.own = True
            state.turn = record.turn_id or state.turn
        owner = record.thread_id or descent.owner(self.state)
        twin, state.records = "" if state.records else self._told_by_count(record.usage), True
        native = record.response_id or ""
        if not native:
            if not owner:
                return
            native = _key(owner, record.turn_id, vector_of(record.thread_token_usage), vector_of(record.usage))
        turn = state.open_turn
        if turn is not None and record.turn_token_usage is not None and turn.id == (record.turn_id or turn.id):
            turn.stated_tokens = record.turn_token_usage.total_tokens
        call = self._call(native, at, record.usage, owner or state.parent or state.thread)
        self._say(call, record.model, record.service_tier, record.usage.service_tier)
        call.request_id = record.response_id or ""
        call.trace_id = record.root_turn_id or record.turn_id or call.trace_id
        call.parent_id = record.turn_id or call.parent_id
        if twin and twin != native:
            # A count of the same response stands before its record, and was taken for a call.
            call.group = native
            self._calls.append(replace(call, native_id=twin, revision=_WITHDRAWN, group=native, shadow=True))

    def _told_by_count(self, usage: Usage) -> str:
        """The call of a count that a usage record tells of once more; empty where it tells of another."""
        used = vector_of(usage)
        same = used is not None and used._replace(written=0, total=0) == self.state.counted_used
        return self.state.counted if same else ""

    def _token_count(self, count: TokenCount, at: int) -> None:
        if count.info is not None:
            self._count(count, count.info, at)
        if descent.owner(self.state) == self.state.thread:
            self._calls += samples_of(bytes(count.rate_limits), at, self.state, SOURCE)

    def _count(self, count: TokenCount, info: Info, at: int) -> None:
        """Count what was used since the last row, if anything was: rows are repeated when only the limits are news."""
        state = self.state
        total, last = vector_of(info.total_token_usage), vector_of(info.last_token_usage)
        if total is None or info.total_token_usage is None:
            if last is None:
                return
            raise BadLine("payload.info.total_token_usage", "is missing, so that a repeated row could not be told")
        before = state.total
        if total == before:
            return
        if before is not None and fell(total, before):
            state.epoch += 1
        state.total = total
        owner = descent.owner(self.state)
        if state.records or not owner:
            return
        usage, strange = spent(info.total_token_usage, info.last_token_usage, total, before)
        if strange:
            self._notice("usage", strange)
        if usage is None:
            return
        session = owner if descent.is_certain(self.state) else ""
        call = self._call(_key(owner, state.epoch, total, last), at, usage, session)
        used = vector_of(usage)
        state.counted, state.counted_used = call.native_id, used and used._replace(written=0, total=0)
        tiers = (count.service_tier, info.service_tier, usage.service_tier)
        self._say(call, count.model or info.model, *tiers)

    def _call(self, native: str, at: int, usage: Usage, owner: str) -> ModelCall:
        """Add a call that used `usage`; `owner` is the thread that made it, empty if it may have been an ancestor."""
        state = self.state
        mine = owner == state.thread
        call = self._blank(native, at, mine=mine, session=owner or state.thread)
        (
            call.input_tokens,
            call.cache_read_tokens,
            call.cache_write_unknown_tokens,
            call.output_tokens,
            call.reasoning_tokens,
        ) = buckets_of(usage)
        call.unsplit_tokens = unsplit_of(usage)
        if mine:
            call.attempt = min(state.failures + 1, MOST_ATTEMPTS)
            state.failures = 0
            if state.asked_at and 0 < at - state.asked_at <= _PATIENCE:
                call.latency_us, call.latency_estimated = at - state.asked_at, True
        if (mine or not owner) and not state.subagent:
            call.user_messages = max(state.user_events, state.user_items)
        state.user_events = state.user_items = state.asked_at = 0
        self._calls.append(call)
        return call

    def _say(self, call: ModelCall, model: Any, *tiers: Any) -> None:  # noqa: ANN401 - whatever JSON value stood there
        """What a row says of its own call stands above what its thread says."""
        if model is not None:
            call.model = terms.said(model) or call.model
        tier = terms.said(*tiers) if any(tiers) else ""
        if tier:
            call.service_tier = terms.tier_of(tier)
        if call.service_tier and not terms.is_known_tier(call.service_tier):
            self._notice("tier", call.service_tier)
        if not call.model:
            self._notice("model", f"no model named by {terms.writer_of(self.state)}")

    def _blank(self, native: str, at: int, *, mine: bool, session: str) -> ModelCall:
        state = self.state
        return ModelCall(
            source=SOURCE,
            native_id=native,
            started_at=at,
            revision=int(mine),
            origin=state.began,
            trace_id=state.turn,
            parent_id=state.turn,
            provider=terms.provider_of_call(state),
            model=terms.model_of(state, at),
            service_tier=terms.tier_of(self._tier()),
            session_id=session,
            parent_session_id=state.parent if mine else "",
            project=state.project,
            git_branch=state.branch,
            agent=SOURCE,
            subagent=state.subagent if mine else "",
        )

    def _tier(self) -> str:
        """The tier that the thread's settings state, else the one that is configured now, as it was written."""
        if self.state.tier:
            return self.state.tier
        if self._configured is None:
            self._configured = configured_tier(home_of(self.path))
        return self._configured

    # Events.

    def _event(self, name: str, row: Line[Any]) -> None:
        state = self.state
        payload = row.payload
        if isinstance(payload, TokenCount):
            self._token_count(payload, self._at(row))
        elif isinstance(payload, Event):
            self._lifecycle(name, payload, self._at(row))
        elif isinstance(payload, ToolEnd):
            self._tools.ended(payload.call_id or "", tools.of_end(payload), payload)
        elif isinstance(payload, SettingsApplied):
            settings = payload.thread_settings
            if settings is not None and (not payload.thread_id or payload.thread_id == state.thread):
                state.model = settings.model or state.model
                state.provider = provider_of(settings.model_provider_id or "") or state.provider
                # Settings that name a model are all there are: a tier that they leave out is no longer in force.
                state.tier = terms.said(settings.service_tier) or ("" if settings.model else state.tier)
            if payload.thread_id and payload.thread_id == state.thread:
                state.own = True
        elif isinstance(payload, ItemCompleted):
            item = payload.item
            if item is not None and item.type == "UserMessage":
                self._user_spoke(row, events=0, items=1)
            elif item is not None and item.id in state.tools and item.exit_code is not None:
                self._tools.ended(item.id or "", tools.of_end(ToolEnd(exit_code=item.exit_code)), None)
        else:
            self._user_spoke(row, events=1, items=0)

    def _user_spoke(self, row: Line[Any], *, events: int, items: int) -> None:
        """A person wrote something. Some releases say it twice, in two ways, so each way is counted apart."""
        state = self.state
        if descent.owner(self.state) == state.thread or not descent.is_certain(self.state):
            state.user_events += events
            state.user_items += items
            state.asked_at = _time(row) or state.asked_at

    def _lifecycle(self, name: str, event: Event, at: int) -> None:
        state = self.state
        if name in ("task_started", "turn_started"):
            descent.enter(state, event.turn_id or "", event.started_at, self.path)
            state.asked_at = at
        if descent.owner(self.state) != state.thread:
            return
        if name in ("task_started", "turn_started"):
            if state.open_turn is not None:
                if event.turn_id and event.turn_id == state.open_turn.id:
                    return
                # Nobody said how the one before ended.
                self._end_turn("unknown", state.seen_at)
            state.turns += 1
            state.failures = 0
            state.open_turn = Turn(at, state.thread, event.turn_id or "", number=state.turns)
            self._keep(run_of(state.open_turn, state, SOURCE))
        elif name in ("error", "stream_error"):
            self._failed(name, event, at)
        elif state.open_turn is not None and state.open_turn.id in ("", event.turn_id or state.open_turn.id):
            if name == "turn_aborted":
                self._end_turn("cancelled", at)
            else:
                self._end_turn("error" if state.open_turn.failed else "ok", at)

    def _end_turn(self, status: str, at: int) -> None:
        turn = self.state.open_turn
        if turn is not None:
            self._keep(run_of(turn, self.state, SOURCE, status=status, ended_at=at))
        self.state.open_turn = None

    def _failed(self, name: str, event: Event, at: int) -> None:
        state = self.state
        failure = failure_of(event)
        if failure is None:
            return
        state.errors += 1
        call = self._blank(f"error:{state.thread}:{state.turn}:{state.errors}", at, mine=True, session=state.thread)
        call.status = status_of(failure.http_status, failure.words)
        call.http_status = failure.http_status
        call.error_message = failure.message
        call.attempt = min(state.failures + 1, MOST_ATTEMPTS)
        self._calls.append(call)
        if name == "stream_error":
            state.failures += 1
        elif state.open_turn is not None:
            state.failures = 0
            state.open_turn.failed = failure.message or failure.words

    def _keep(self, record: Record) -> None:
        kept = self._growing.get(record.native_id)
        if kept is None or record.revision >= kept.revision:
            self._growing[record.native_id] = record


def _key(owner: str, *parts: Vector | str | int | None) -> str:
    """A short name for one row of one thread, the same in every copy of it."""
    digest = blake2b(repr([tuple(p) if isinstance(p, Vector) else p for p in parts]).encode(), digest_size=8)
    return f"{owner}:{digest.hexdigest()}"


def _time(row: Line[Any]) -> int:
    """When a line was written, where that only informs; 0 where it does not say."""
    return to_us(row.timestamp) if row.timestamp is not None else 0
