"""What messages of commits and titles of changes say: tickets, sessions, agents, and of which change they are part.

Only what stands there by a known form is read, and only so much of a text as may be kept; nothing else of it is.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

#: Of a description's characters so many are looked at.
_LOOKED_AT: Final = 20_000
_TICKET: Final = r"[A-Z][A-Z0-9]{1,9}-[0-9]{1,9}"
#: What a word that points at a ticket is followed by: `#12`, `owner/name#12`, `ABC-12`, or the address of one.
_POINTED: Final = (
    rf"(?:(?P<where>[\w.-]{{1,100}}(?:/[\w.-]{{1,100}}){{1,5}})?#(?P<number>[0-9]{{1,9}})|(?P<key>{_TICKET})\b"
    rf"|https?://\S{{1,200}}?/(?:browse/(?P<browsed>{_TICKET})|issues/(?P<issue>[0-9]{{1,9}}))\b)"
)
_POINTS: Final = re.compile(
    r"\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?|refs?|references|"
    rf"see|relates to|part of|ticket|issue)\s{{0,3}}:?\s{{0,3}}{_POINTED}",
    re.IGNORECASE,
)
#: `ABC-12: …`, `[ABC-12] …` at the start of a title.
_LEADING: Final = re.compile(rf"\s{{0,3}}[\[(]?({_TICKET})(?:[\])]|:|\s|$)")
#: Of a commit's title: `… (#12)`, `Merge pull request #12 from owner/branch`.
_SQUASHED: Final = re.compile(r"\((?:#|!)([0-9]{1,9})\)\s*$")
_MERGED: Final = re.compile(r"Merge pull request #([0-9]{1,9}) from [^/\s]{1,100}/(\S{1,200})")
#: `Merge branch 'fix' into 'main'`, GitLab's with `See merge request group/name!12` below.
_BRANCH: Final = re.compile(r"Merge (?:remote-tracking )?branch '(?:origin/)?([^'\s]{1,200})'")
_REQUEST: Final = re.compile(r"^See merge request \S{0,300}!([0-9]{1,9})\s*$", re.MULTILINE)
_SESSION: Final = re.compile(
    r"^(?:[\w-]{1,40}-)?session(?:-id)?:[ \t]{1,3}(\S{1,300})\s*$", re.IGNORECASE | re.MULTILINE
)
_AUTHOR: Final = re.compile(
    r"^co-authored-by:\s{0,3}([^<\n]{0,100})(?:<([^>\n]{0,100})>)?", re.IGNORECASE | re.MULTILINE
)
_ASSISTED: Final = re.compile(
    r"^(?:assisted|generated)-(?:by|with):\s{0,3}([^<\n]{1,100})", re.IGNORECASE | re.MULTILINE
)
#: What agents call themselves as authors, and what they are called here.
_AGENTS: Final = (
    ("claude", "claude-code"),
    ("noreply@anthropic.com", "claude-code"),
    ("codex", "codex"),
    ("copilot", "copilot"),
    ("cursoragent", "cursor"),
    ("cursor agent", "cursor"),
    ("gemini", "gemini-cli"),
    ("aider", "aider"),
    ("opencode", "opencode"),
    ("ampcode", "amp"),
    ("factory-droid", "droid"),
    ("devin", "devin"),
    ("junie", "junie"),
    ("goose", "goose"),
    ("qwen", "qwen-code"),
)


class Said(NamedTuple):
    """What a commit's message says."""

    title: str
    #: The number of the change that it is part of, or merges.
    number: str
    #: The branch that it merges.
    branch: str
    refs: str
    session: str
    agent: str


def said(message: str) -> Said:
    """What a commit's message says; empty where it says nothing."""
    text = message[:_LOOKED_AT]
    title = text.partition("\n")[0].strip()
    merged, squashed, request = _MERGED.match(title), _SQUASHED.search(title), _REQUEST.search(text)
    branch = _BRANCH.match(title)
    number = merged[1] if merged else request[1] if request else squashed[1] if squashed else ""
    session = _SESSION.search(text)
    return Said(
        title,
        number,
        merged[2] if merged else branch[1] if branch else "",
        ticket("" if merged else title, text.partition("\n")[2]),
        session[1].rstrip("/").rpartition("/")[2] if session else "",
        _agent(text),
    )


def ticket(title: str, body: str) -> str:
    """The first ticket that a title or a text points at: `ABC-12`, `12` in the same repository, `owner/name#12`."""
    leading = _LEADING.match(title[:_LOOKED_AT])
    if leading:
        return leading[1]
    found = _POINTS.search(title[:_LOOKED_AT]) or _POINTS.search(body[:_LOOKED_AT])
    if found is None:
        return ""
    key = found["key"] or found["browsed"]
    if key:
        return key.upper()
    number = found["number"] or found["issue"]
    return f"{found['where']}#{number}" if found["where"] else number


def _agent(text: str) -> str:
    named = [f"{name} {address}" for name, address in _AUTHOR.findall(text)] + _ASSISTED.findall(text)
    for author in named:
        for word, agent in _AGENTS:
            if word in author.lower():
                return agent
    return ""
