"""What two tellings of one call have in common: the names of its answer, or its session, its time and its tokens."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from tokometer.records.kinds import ModelCall
from tokometer.records.stated import Stated, agree
from tokometer.records.ways import Way, told_by_span, way_of

#: Two tellings with an answer's id that looks unique can be of one answer if so much time lies between them, at most.
UNIQUE_REACH_US: Final = 3_600_000_000
#: … with any other id: clocks of two machines differ by so much.
REACH_US: Final = 5_000_000
#: … and with nothing but a session and its tokens: a transcript writes an answer's first line before its last token.
SESSION_REACH_US: Final = 60_000_000
#: Letters and digits of an id that are not words; below that, it is easily the same by chance.
_UNIQUE: Final = 12
_VARIED: Final = 6
_KIND: Final = re.compile(r"[A-Za-z]+(?=[_-])")
_PIECES: Final = re.compile(r"[^\W_]+")
#: What an agent's or a chat's statement does not speak of: what is embedded and ranked beside it.
_BESIDE: Final = frozenset({"embeddings", "rerank"})
#: Ways that always say which session a call is of, so that one without any name may be the same.
SESSION_WAYS: Final = frozenset({"transcript", "event"})
#: Programs of which some telemetry says neither which session nor which answer: all of one are one talk.
SESSIONLESS: Final = frozenset({"codex", "openclaw"})
#: In front of the name of one, where else a session stands.
_PROGRAM: Final = "\x1e"


def sort_of(call: ModelCall) -> str:
    """What a call is compared within: calls of different sorts do not explain each other."""
    return call.operation if call.operation in _BESIDE else "chat"


@lru_cache(maxsize=16_384)
def looks_unique(name: str) -> bool:
    """Whether an answer's id is long and random, so that nobody gives it to another answer."""
    pieces = [piece for piece in _PIECES.findall(name) if not piece.isalpha()]
    joined = "".join(pieces)
    return len(joined) >= _UNIQUE and len(set(joined)) >= _VARIED


def names_of(call: ModelCall) -> tuple[str, ...]:
    """The names of a call's answer, whichever field each stands in."""
    return tuple(dict.fromkeys(filter(None, (call.request_id, call.response_id))))


def sorts_of_names(call: ModelCall) -> set[str]:
    """What kinds of name a call has (`req`, `msg`, `chatcmpl`): only those of one kind can be compared."""
    return {found.group() if (found := _KIND.match(name)) else "" for name in names_of(call)}


class Talk(NamedTuple):
    """What is the same for two tellings of one call of a session: its session, its prompt and its answer in tokens.

    Of a program whose telemetry knows no sessions, all its sessions are one.
    """

    session_id: str
    prompt: int
    output: int

    @property
    def name(self) -> str:
        """One text for it, as names of answers are texts."""
        return f"{self.session_id}\x1f{self.prompt}\x1f{self.output}"

    @property
    def of_program(self) -> bool:
        """Whether it is of all sessions of a program."""
        return self.session_id.startswith(_PROGRAM)


def talks_of(call: ModelCall) -> tuple[Talk, ...]:
    """By what a call can be found, where its names cannot be compared."""
    if call.unsplit_tokens or (told_by_span(call) and call.shadow):
        return ()
    stated = Stated.of(call)
    return talks_in(way_of(call), call.program, call.session_id, (stated.prompt_total, stated.output_total))


def talks_in(way: Way, program: str, session_id: str, tokens: tuple[int, int]) -> tuple[Talk, ...]:
    """The same of a call told by this way, of which these tokens went in and came out."""
    if not tokens[0]:
        return ()
    talk = (Talk(session_id, *tokens),) if session_id else ()
    program = program or way.source
    return (*talk, Talk(f"{_PROGRAM}{program}", *tokens)) if program in SESSIONLESS else talk


def ended_at(call: ModelCall) -> int:
    """When a call ended, in microseconds; its start where nobody measured how long it took."""
    return call.started_at if call.latency_estimated else call.started_at + (call.latency_us or 0)


def gap_us(one: ModelCall, other: ModelCall) -> int:
    """The time between two calls, 0 where they overlap."""
    return max(0, max(one.started_at, other.started_at) - min(ended_at(one), ended_at(other)))


def same_answer(one: ModelCall, other: ModelCall, name: str, *, alone: bool = False) -> bool:
    """Whether two tellings that share a name are of one answer, by how it looks, their times and their tokens.

    `alone`: no way gives the name to several calls.
    """
    unique = looks_unique(name)
    if gap_us(one, other) > (UNIQUE_REACH_US if unique else REACH_US):
        return False
    spans = told_by_span(one) and told_by_span(other)
    if unique and alone and not spans:
        return True
    if not alone and (one.status == "ok") != (other.status == "ok"):
        # Attempts of one request, to which a gateway gives one id: the one that failed is not the one that went well.
        return False
    stated = Stated.of(one), Stated.of(other)
    stating = [each for each in stated if each.total]
    if not unique and len(stating) < len(stated) and (not stating or not spans or one.trace_id != other.trace_id):
        # A gateway that gives every answer one id, and answers that state nothing: there is nothing to tell them by.
        return False
    return agree(*stated, on_prompts=unique)
