"""What is said of an alert: templates with words in braces, filled in when it happens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.accounts import Alert
from tokometer.posting.post import Kind

#: The words that a template may use, and what each stands for.
WORDS: Final[Mapping[str, str]] = {
    "title": "the rule's title",
    "value": "which value of the rule's dimension it is about; nothing where it has none",
    "severity": "`info`, `warning` or `critical`",
    "event": "`fired`, `resolved` or `acknowledged`",
    "mark": "a sign for the event and its severity",
    "words": "what was measured and what it was compared with, in words",
    "measured": "the last measured value, as a number",
    "against": "what it was compared with, as a number",
    "since": "since when the condition holds",
    "lasted": "for how long it held",
    "by": "who has acknowledged it",
    "note": "what came late and changed it",
    "rule": "the rule's id",
    "link": "the page that shows it, with the filters of the rule",
}
SUBJECT: Final = "{mark} {title}{about}"
BODY: Final = "{words}\n{state}\n{note}\n{link}"
_WORD: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}?|\}")
_SEVERITY: Final = {"info": "ℹ️", "warning": "⚠️", "critical": "🔴"}
_EVENT: Final = {"resolved": "✅", "acknowledged": "👀"}
#: The signs that a subject of ours begins with.
MARKS: Final = "".join((*_SEVERITY.values(), *_EVENT.values()))
_MOST_SUBJECT: Final = 300
_MOST_BODY: Final = 8_000
_MINUTE: Final = 60


def check_template(template: str) -> None:
    """See that a template can be filled in.

    Raises:
        ValueError: It names something else; the message says what there is.
    """
    for found in _WORD.finditer(template):
        if found[0] in ("{{", "}}"):
            continue
        if found[1] is None or not found[0].endswith("}"):
            raise ValueError("has a brace that is not closed or not opened; write {{ or }} for one of its own")
        if found[1] not in WORDS:
            raise ValueError(f"has no word {{{found[1][:40]}}}; it takes {', '.join(f'{{{name}}}' for name in WORDS)}")


def filled(template: str, words: Mapping[str, str]) -> str:
    """A template with its words in."""

    def word(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        return words.get(found[1] or "", "")

    return _WORD.sub(word, template)


def subject_and_body(alert: Alert, event: str, link: str, subject: str = "", body: str = "") -> tuple[str, str]:
    """What is said of an alert, by a channel's own templates or ours."""
    words = _words(alert, event, link)
    title = " ".join(filled(subject or SUBJECT, words).split())[:_MOST_SUBJECT]
    lines = [line.rstrip() for line in filled(body or BODY, words).splitlines()]
    # Ours has lines that are empty where there is nothing to say.
    text = "\n".join(line for line in lines if line) if not body else "\n".join(lines).strip()
    return title, text[:_MOST_BODY]


def kind_of(subject: str) -> Kind:
    """How a service is to mark a message, by its first sign."""
    kinds: dict[str, Kind] = {"✅": "success", "🔴": "failure", "⚠": "warning"}
    return next((kind for sign, kind in kinds.items() if subject.startswith(sign)), "info")


def together(subjects: list[str], more: int, most: int) -> tuple[str, str]:
    """Several messages as one: how many, and what the first lines of each are."""
    title = f"{len(subjects) + more} messages in one"
    lines = [f"More than the {most:,} messages an hour that this channel takes, so these come together:"]
    lines += [f"• {subject}" for subject in subjects]
    lines += [f"… and {more:,} more, on the page"] if more else []
    return title, "\n".join(lines)[:_MOST_BODY]


def _words(alert: Alert, event: str, link: str) -> dict[str, str]:
    measured: Mapping[str, Any] = alert.measured
    mark = _EVENT.get(event) or _SEVERITY.get(alert.severity, "🔴")
    end = alert.resolved if event == "resolved" else None
    lasted = duration((end or alert.changed or alert.fired or alert.since) - alert.since)
    return {
        "title": alert.title,
        "value": alert.value,
        "severity": alert.severity,
        "event": event,
        "mark": mark,
        "words": str(measured.get("words") or ""),
        "measured": number(measured.get("last")),
        "against": number(measured.get("against")),
        "since": moment(alert.since),
        "lasted": lasted,
        "by": alert.acknowledged_by,
        "note": alert.note,
        "rule": alert.rule,
        "link": link,
        "about": f": {alert.value}" if alert.value else "",
        "state": _state(alert, event, lasted),
    }


def _state(alert: Alert, event: str, lasted: str) -> str:
    if event == "resolved":
        return f"Resolved after {lasted}."
    if event == "acknowledged":
        return f"Acknowledged by {alert.acknowledged_by or 'somebody'}; it goes on since {moment(alert.since)}."
    return f"{alert.severity.capitalize()}, since {moment(alert.since)}."


def moment(at: datetime) -> str:
    """A time for people: `27 Nov 2026, 10:00 UTC`."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def duration(length: timedelta) -> str:
    """A length of time for people: `3 h 20 min`."""
    minutes = max(0, round(length.total_seconds() / _MINUTE))
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes and not days)
    return " ".join(parts) or "less than a minute"


def number(value: object) -> str:
    """A number without needless places; nothing where it is unknown."""
    return f"{value:.6g}" if isinstance(value, int | float) and not isinstance(value, bool) else ""
