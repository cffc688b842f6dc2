"""What a dialect of log events declares: which of its events say what, and what its attributes are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from tokometer.records.beside import Level
from tokometer.records.values import flag, message, milliseconds, number, text
from tokometer.sources.otlp.attributes import ATTRIBUTES, IGNORED, Attribute
from tokometer.sources.otlp.counts import count

#: What an event becomes: a model call, one that failed, a tool call, a line of a log, a score; or nothing, because it
#: says nothing of use or because something else says it.
What = Literal["call", "failure", "tool", "line", "score", "nothing"]


class Event(NamedTuple):
    """How one event is read."""

    what: What
    #: Whether an event with these slots is that at all; if not it is nothing.
    when: Callable[[Mapping[str, Any]], bool] | None = None
    #: Of a line: how bad it is, where its record does not say; what it says, before what its slots say.
    level: Level = "info"
    words: str = ""
    shows: tuple[str, ...] = ()


CALL: Final = Event("call")
FAILURE: Final = Event("failure")
TOOL: Final = Event("tool")
SCORE: Final = Event("score")
NOTHING: Final = Event("nothing")


def line(level: Level, words: str, *shows: str, when: Callable[[Mapping[str, Any]], bool] | None = None) -> Event:
    """An event that is a line of a log."""
    return Event("line", when, level, words, shows)


def nothing(names: str) -> dict[str, Event]:
    """Events that are known and become nothing."""
    return dict.fromkeys(names.split(), NOTHING)


def failed(found: Mapping[str, Any]) -> bool:
    """Whether an event says that something went wrong."""
    status = found.get("http_status")
    return (
        not found.get("success", True)
        or bool(found.get("error_message") or found.get("error_type"))
        or (status is not None and status >= 400)  # noqa: PLR2004 - HTTP's own line
    )


def _http_status(value: object) -> int | None:
    """A status where it is one: some write `undefined`, or the name of an error, where there was none."""
    try:
        status = int(number(value))
    except ValueError:
        return None
    return status if 100 <= status <= 599 else None  # noqa: PLR2004 - HTTP's own bounds


def _as_told(value: object) -> object:
    """Read when it is needed, which is seldom."""
    return value


def _nothing(_: object) -> None:
    return None


def _metadata(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _success(value: object) -> bool:
    return value == 1 if isinstance(value, int) else flag(value)


#: What events say that spans do not: slot → how it is read, and its names wherever they mean just that. `<` marks a
#: name that beats those which spans have for the slot, `+` one that comes after them. Any other is as good as spans'
#: first choice, and read at once: what a dialect always has should be one.
_COMMON: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    "event": (text, "event.name"),
    IGNORED: (_nothing, "event.timestamp"),
    "sequence": (str, "event.sequence"),
    "prompt": (text, "prompt.id prompt_id"),
    "duration": (milliseconds, "duration_ms"),
    "event_kind": (text, "event.kind"),
    "http_status": (_http_status, "http.response.status_code http.status_code status_code"),
    "error_type": (text, "+error_type"),
    "error_message": (message, "+error_message"),
    "success": (_success, "success"),
    "state": (text, "status"),
    "route": (text, "http.route"),
    # By what people know them, else by an id: see `settle_whose`.
    "user": (text, "user.email"),
    "user_id": (text, "user.id"),
    "account": (text, "organization.id"),
    "account_id": (text, "user.account_uuid user.account_id"),
    "logger": (text, "code.namespace logger.name"),
}
#: How slots are read that only some dialects have.
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "event_at": _as_told,
    "attempts": count,
    "before": count,
    "after": count,
    "trigger": text,
    "endpoint_path": text,
    "tool_metadata": _metadata,
    "score_name": text,
    "score_value": lambda value: float(number(value)),
    "score_label": text,
    "score_comment": message,
}
_AFTER: Final = 100


_WHOSE: Final = (("user", "user_id"), ("account", "account_id"))


def settle_whose(found: dict[str, Any]) -> None:
    """Name the user and the account by an id where nothing better is told."""
    for slot, by_id in _WHOSE:
        beside = found.pop(by_id, None)
        if beside is not None:
            found.setdefault(slot, beside)


def _table(spelled: Mapping[str, str]) -> dict[str, Attribute]:
    """Attribute name → how it is read: spans' names, those of all events, a dialect's own."""
    readers = {attribute.slot: attribute.convert for attribute in ATTRIBUTES.values()}
    readers |= {slot: convert for slot, (convert, _) in _COMMON.items()} | _READERS
    table = dict(ATTRIBUTES)
    for slot, names in (*((slot, names) for slot, (_, names) in _COMMON.items()), *spelled.items()):
        for place, name in enumerate(names.split()):
            rank = -1 if name[0] == "<" else _AFTER + place if name[0] == "+" else place
            bare = name.lstrip("<+")
            table[bare] = Attribute(bare, slot, rank, readers[slot])
    return table


@dataclass(frozen=True, eq=False)
class EventDialect:
    """The log events of one who sends telemetry."""

    #: The name that people know.
    title: str
    #: What the names of its events begin with …
    prefix: str = ""
    #: … and without that: name → what it is.
    events: Mapping[str, Event] = field(default_factory=dict)
    #: Instrumentation scopes that are its alone: its events need no prefix there.
    scopes: tuple[str, ...] = ()
    #: Events of others that it sends as well, by their whole names.
    others: Mapping[str, Event] = field(default_factory=dict)
    #: Slot → what it calls that, beside the names that spans and all events have.
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: Which agent it is, where it is one: with the name that its other ways in give it.
    agent: str = ""
    #: The program that it is, where its spans say no session; see `records.naming`.
    program: str = ""
    #: Who serves its models, where it does not say.
    provider: str = ""
    #: What is to be known of it, in words.
    notes: str = ""
    table: Mapping[str, Attribute] = field(init=False)

    def __post_init__(self) -> None:
        """Work the table of attributes out, once."""
        object.__setattr__(self, "table", _table(self.attributes))
