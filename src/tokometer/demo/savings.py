"""What could have been had for less: habits that cost money, for the advice and the waste that the demo shows.

Each habit is of an agent of its own, in the last four weeks, so that what is found can be held against what is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tokometer.demo.journal import MINUTE, SECOND
from tokometer.demo.rhythm import DAY, HOUR
from tokometer.records import JobRun, ModelCall, Record, ToolCall

#: Demos with fewer calls, or of fewer days, do without.
_LEAST_CALLS: Final = 50_000
_LEAST_DAYS: Final = 30
_OPUS: Final = "claude-opus-5-5"
_SONNET: Final = "claude-sonnet-5-5"
_WEEKS: Final = 29 * DAY


def savings_calls(calls: int, start: int, end: int) -> int:
    """How many of a demo's calls are of such habits."""
    if calls < _LEAST_CALLS or end - start < _LEAST_DAYS * DAY:
        return 0
    return sum(isinstance(record, ModelCall) for record in savings("", "", start, end))


def savings(tag: str, workspace: str, start: int, end: int) -> Iterator[Record]:
    """All of them."""
    begin = max(start, end - _WEEKS)
    # At midnight (UTC), so that hours of the day are what they are meant to be.
    begin += -begin % DAY
    for number, habit in enumerate(_HABITS):
        yield from habit(_Diary(f"demo-{tag}-w{number}", workspace, begin, end - HOUR))


@dataclass
class _Diary:
    """Writes down what one agent did."""

    prefix: str
    workspace: str
    begin: int
    end: int
    written: int = 0

    def _common(self, kind: str, at: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any record
        self.written += 1
        return {
            "workspace": self.workspace,
            "source": "api",
            "native_id": f"{self.prefix}-{kind}{self.written}",
            "started_at": min(at, self.end + self.written * SECOND),
            "environment": "production",
            "team": "platform",
            **more,
        }

    def call(self, at: int, agent: str, model: str, fresh: int, out: int, **more: Any) -> ModelCall:  # noqa: ANN401
        """A call."""
        given = {"provider": "anthropic", "latency_us": 6 * SECOND, "stop_reason": "end_turn", **more}
        tokens = {"input_tokens": fresh, "output_tokens": out}
        return ModelCall(**self._common("c", at, agent=agent, model=model, **tokens, **given))

    def tool(self, at: int, agent: str, session: str, name: str, status: str, size: int | None = None) -> ToolCall:
        """A use of a tool."""
        said = {"name": name, "status": status, "prompt_bytes": size, "session_id": session, "agent": agent}
        return ToolCall(**self._common("t", at, duration_us=2 * SECOND, **said))

    def job(self, at: int, name: str, model: str, provider: str, schedule: str) -> JobRun:
        """A run of a job that ended well."""
        said = {"job_id": name, "name": name, "agent": name, "model": model, "provider": provider, "status": "ok"}
        return JobRun(**self._common("j", at, schedule=schedule, duration_us=4 * MINUTE, **said))

    def days(self, hour: int) -> Iterator[int]:
        """That hour of each day."""
        return iter(range(self.begin + hour * HOUR, self.end - HOUR, DAY))

    def session(self, number: int) -> str:
        """The id of a session."""
        return f"{self.prefix.removeprefix('demo-')}-{number}"


def _retries(diary: _Diary) -> Iterator[Record]:
    """A client that does not give up: four failures that were paid for, one after the other."""
    for number in range(14):
        at, session = diary.begin + number * 2 * DAY + 10 * HOUR, diary.session(number)
        for turn in range(5):
            failed: dict[str, Any] = (
                {"status": "server_error", "http_status": 529, "error_message": "Overloaded", "stop_reason": ""}
                if turn < 4  # noqa: PLR2004 - the fifth succeeds
                else {}
            )
            yield diary.call(at + turn * MINUTE, "invoice-import", _SONNET, 60_000, 400, session_id=session, **failed)


def _loops(diary: _Diary) -> Iterator[Record]:
    """An agent that runs the same broken command again, and reads the same file twice."""
    for number in range(12):
        at, session = diary.begin + number * 2 * DAY + 13 * HOUR, diary.session(number)
        for turn in range(6):
            begin = at + turn * MINUTE
            user = int(turn == 0)
            yield diary.call(
                begin, "release-notes", _OPUS, 30_000 + 2_000 * turn, 300, session_id=session, user_messages=user
            )
            yield diary.tool(begin + 10 * SECOND, "release-notes", session, "Bash", "error" if turn < 5 else "ok")  # noqa: PLR2004
        for turn in range(6, 9):
            begin = at + turn * MINUTE
            yield diary.tool(begin - 20 * SECOND, "release-notes", session, "Read", "ok", 96_000)
            yield diary.call(begin, "release-notes", _OPUS, 42_000 + 24_000 * (turn - 5), 300, session_id=session)


def _runaway(diary: _Diary) -> Iterator[Record]:
    """An agent that was left alone for three hours of one day: what the page shows as an anomaly."""
    for number in range(360):
        at = diary.begin + 20 * DAY + 13 * HOUR + number * MINUTE // 2
        yield diary.call(at, "deep-research", _OPUS, 4_000, 8_000, cache_read_tokens=80_000, team="research")


def _cut(diary: _Diary) -> Iterator[Record]:
    """Reports that end at the limit, and are asked for again."""
    for number in range(26):
        at, session = diary.begin + number * DAY + 8 * HOUR, diary.session(number)
        yield diary.call(at, "report-writer", _OPUS, 20_000, 16_000, session_id=session, stop_reason="max_tokens")
        yield diary.call(at + 4 * MINUTE, "report-writer", _OPUS, 20_500, 21_000, session_id=session)


def _duplicates(diary: _Diary) -> Iterator[Record]:
    """Questions that were answered before, by the hash of their prompt."""
    for number in range(90):
        labels = {"prompt_hash": f"{number % 15:08x}"}
        at = diary.begin + number * 7 * HOUR
        yield diary.call(at, "faq-answers", _OPUS, 24_000, 600, labels=labels)


def _starts(diary: _Diary) -> Iterator[Record]:
    """Five small tasks in a row, each in a session of its own."""
    for number in range(13):
        for task in range(5):
            at = diary.begin + number * 2 * DAY + 15 * HOUR + task * 4 * MINUTE
            session = diary.session(5 * number + task)
            yield diary.call(at, "dev", _OPUS, 36_000, 500, session_id=session, project="storefront", user_messages=1)


def _uncached(diary: _Diary) -> Iterator[Record]:
    """Long prompts that begin alike, and never come from the cache."""
    for number in range(120):
        yield diary.call(diary.begin + number * 5 * HOUR, "contract-search", _OPUS, 45_000, 300)


def _dear(diary: _Diary) -> Iterator[Record]:
    """An open model of a provider that asks more for it than another that is used as well."""
    for number in range(80):
        at = diary.begin + number * 8 * HOUR
        yield diary.call(at, "translations", "gpt-oss-120b", 700_000, 40_000, provider="cerebras", team="research")
        if number % 2:
            more = {"provider": "openrouter", "team": "research"}
            yield diary.call(at + HOUR, "translations", "openai/gpt-oss-120b", 60_000, 4_000, **more)


def _early(diary: _Diary) -> Iterator[Record]:
    """A job in the morning, of a provider that asks half in the evening."""
    for at in diary.days(6):
        yield diary.job(at, "news-digest", "deepseek-chat", "deepseek", "0 6 * * *")
        for turn in range(3):
            begin = at + turn * MINUTE
            yield diary.call(begin, "news-digest", "deepseek-chat", 1_400_000, 90_000, provider="deepseek")


def _bad_hour(diary: _Diary) -> Iterator[Record]:
    """A job whose calls time out in the morning, when everybody works, and seldom at night."""
    for hour in (3, 9):
        for day, at in enumerate(diary.days(hour)):
            yield diary.job(at, "stock-export", _SONNET, "anthropic", "0 3,9 * * *")
            for turn in range(3):
                failed: dict[str, Any] = (
                    {"status": "timeout", "error_message": "Timed out after 600 s", "stop_reason": ""}
                    if hour == 9 and (day + turn) % 2  # noqa: PLR2004
                    else {}
                )
                yield diary.call(at + turn * 11 * MINUTE, "stock-export", _SONNET, 90_000, 700, **failed)


_HABITS: Final[tuple[Callable[[_Diary], Iterator[Record]], ...]] = (
    _retries,
    _loops,
    _cut,
    _duplicates,
    _starts,
    _uncached,
    _dear,
    _early,
    _bad_hour,
    _runaway,
)
