"""What was not taken: records that could not be believed, and things that no rule understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: What can go unread or only half understood: topic → what it is, for people.
TOPICS: Final[dict[str, str]] = {
    "usage": "a key beside token counts that no rule reads",
    "line": "a type of line that no rule reads and that is not known to be without usage",
    "tier": "a service tier that prices know nothing of",
    "model": "a model that was not named",
    "file": "a file in a known folder that no rule reads",
    "event": "a kind of run, part or event inside an answer that no rule reads",
    "label": "labels beyond what is kept: too many, too long, or of too many values",
    "field": "a field that is not kept",
    "signal": "telemetry that is not kept: log lines below `info`, metrics without a number, sent by OTLP",
    "charge": "lines of a bill that are about no model; they are not kept",
    "metric": "a metric that no rule reads; it is not kept",
    "aside": "records of a time that our clock has not come to, beyond those that are kept until it has",
    "secret": "a text that held a key, a token or a password; it was masked",
    "text": "a text of which not all was kept: it was too long, or held what is no text",
}
#: What would mend it, by topic.
MENDS: Final[dict[str, str]] = {
    "usage": "Tokens may be missing: please report the key and its source, so that a rule can be made for it.",
    "line": "Usage may be missing: please report the type of line, so that it is read or known to be without usage.",
    "tier": "Calls of this tier are priced as standard: add a [[price]] with this service_tier to prices.toml.",
    "model": "The calls have no price: let their sender name the model, or correct them by their id.",
    "file": "Usage may be missing: please report the kind of file, or import it with a source of the same format.",
    "event": "Usage may be missing: please report the kind of event, so that a rule can be made for it.",
    "label": "Send fewer, shorter or less varied labels, or take identifiers out of them.",
    "metric": "Nothing, unless you need it: map it in the options of its target, or keep it under its own name.",
    "charge": "Nothing, unless you want them: have the account keep every line of its bills.",
    "aside": "Set the clock right, of this machine or of who sent them, and send or import them again.",
    "field": "Nothing, unless you need it: send it as a field that is kept, or as a label.",
    "signal": "Nothing, or spare its sender the trouble: let it send lines from `info` on.",
    "secret": "Nothing of it was kept here. Its sender had it in the clear: take it out there, and renew it.",
    "text": "Nothing, unless it has to be read in full: send a shorter name.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that could not be believed: where it stood, which field, and why. Never its content."""

    source: str
    #: A path, or the name of an endpoint.
    place: str
    #: Byte offset in a file, or index in a request.
    position: int
    field: str
    reason: str
    at: int = 0
    workspace: str = "default"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that no rule understood, counted by its name, with an example of where it stood; never its content.

    Notices of one `source`, `topic` and `name` are counted together, so a name must be one of few: a key, a type, a
    model, the shape of a file's name; cut to 80 characters by whoever makes it.
    """

    source: str
    #: A key of :data:`TOPICS`.
    topic: str
    name: str
    #: An example: a path with `:offset`, or the name of an endpoint with the index in the request.
    place: str
    count: int = 1
    at: int = 0
    workspace: str = "default"
