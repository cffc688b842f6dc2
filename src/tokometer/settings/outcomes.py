"""`[outcomes]`: what of branches, tickets and folders cannot be told from the records alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from tokometer.settings.reader import Reader

#: Branches that many changes go into: which change a call on one of them is for, the branch does not tell.
DEFAULT_BRANCHES: Final = ("main", "master", "trunk", "develop", "development", "dev", "staging", "production", "HEAD")
#: `feature/ABC-123-x`; and `123-fix`, `gh-45`: a number at the start of a part of the name.
TICKETS: Final = (
    r"(?:^|[/_-])([A-Z][A-Z0-9]{1,9}-[0-9]+)(?:$|[/_-])",
    r"(?:^|/)(?:gh-|issue-|issues-)?([0-9]+)(?:$|[_-][A-Za-z])",
)
_MOST_PATTERNS: Final = 10
_MOST_BRANCHES: Final = 100
_MOST_FOLDERS: Final = 1_000
_LONGEST: Final = 200
#: What the engines' regular expressions, which take time in proportion to the text alone, do not have.
_BEYOND: Final = re.compile(r"\\[1-9]|\(\?(?:[=!>#(]|<[=!]|P=)|[*+?}]\+")


class OutcomeSettings(Struct, frozen=True, kw_only=True):
    """`[outcomes]`."""

    #: Regular expressions of which the first that is found in a branch's name gives the ticket: what is in brackets.
    tickets: tuple[str, ...] = TICKETS
    #: Branches that never tell a call's change, whatever their case.
    default_branches: tuple[str, ...] = DEFAULT_BRANCHES
    #: Whether reading a repository keeps who wrote a commit.
    authors: bool = True
    #: Folder → repository, where the folder's name does not say.
    repositories: tuple[tuple[str, str], ...] = ()


def read_outcomes(reader: Reader, given: Mapping[str, Any]) -> OutcomeSettings:
    """`[outcomes]`."""
    reader.only("outcomes.", given, OutcomeSettings.__struct_fields__)
    reader.given.update(f"outcomes.{key}" for key in given)
    found: dict[str, Any] = {}
    if "tickets" in given:
        found["tickets"] = reader.texts("outcomes.tickets", given["tickets"], _MOST_PATTERNS)
        for at, pattern in enumerate(found["tickets"], start=1):
            _check(reader, f"outcomes.tickets[{at}]", pattern)
    if "default_branches" in given:
        names = reader.texts("outcomes.default_branches", given["default_branches"], _MOST_BRANCHES)
        found["default_branches"] = names
    if "authors" in given:
        if not isinstance(given["authors"], bool):
            raise reader.error("outcomes.authors", "has to be true or false")
        found["authors"] = given["authors"]
    table = reader.table("outcomes.repositories", given.get("repositories", {}))
    if len(table) > _MOST_FOLDERS:
        raise reader.error("outcomes.repositories", f"at most {_MOST_FOLDERS:,}, not {len(table):,}")
    found["repositories"] = tuple(
        (folder.rstrip("/\\") or folder, reader.text(f"outcomes.repositories.{folder}", name).strip())
        for folder, name in table.items()
    )
    return OutcomeSettings(**found)


def _check(reader: Reader, at: str, pattern: str) -> None:
    if len(pattern) > _LONGEST:
        raise reader.error(at, f"has more than {_LONGEST} characters")
    try:
        groups = re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        raise reader.error(at, f"is no regular expression: {error}") from None
    if groups != 1:
        raise reader.error(at, f"has to have one pair of brackets, around the ticket; it has {groups}")
    if _BEYOND.search(pattern):
        raise reader.error(at, "looks ahead, behind or back, which takes time without bound: say it without")
    if any(int(number) > _LONGEST for number in re.findall(r"[{,](\d+)", pattern)):
        raise reader.error(at, f"repeats something more than {_LONGEST} times")
