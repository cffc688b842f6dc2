"""docs/reference/accounts.md: every kind of account with a provider, from its declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tokometer.statements import AccountKind, Key, Report

_HEAD: Final = """# Accounts

What can be connected on *Accounts* (`/accounts`, `/api/accounts`), and what comes of it. A sync reads what a report
has not told yet and what may still have changed: the first time as far back as the table says, later each day until it
cannot change any more. What a provider states newly replaces what it stated before; the older statement is kept as a
version. Lines of cost are bills (`bills.*`), lines of use are reported usage (`reported.*`), seats and limits are
readings ([series](series.md)). Money stands exactly as it is written, to the billionth of a dollar.

Several providers answer only in part: what no API tells is said with each kind. How their answers were known is in the
docstring of each kind's module, below `src/tokometer/statements/`.

"""
_AUTH: Final = {"bearer": "as `Authorization: Bearer`", "basic": "by Basic authentication", "none": "not at all"}


def accounts_page() -> str:
    """Every kind: what comes of it, its key, options, reports, balance and pace."""
    from tokometer.statements import KINDS

    kinds = sorted(KINDS.values(), key=lambda kind: kind.title.casefold())
    rows = "".join(f"| [{kind.title}](#{_anchor(kind.title)}) | `{kind.name}` | {_what(kind)} |\n" for kind in kinds)
    overview = f"| account | kind | what it tells |\n|---|---|---|\n{rows}\n"
    return _HEAD + overview + "".join("".join(_section(kind)) for kind in kinds).rstrip("\n") + "\n"


def _what(kind: AccountKind) -> str:
    parts = [report.title for report in kind.reports]
    parts += ["What is left"] if kind.balance else []
    parts += ["Files: " + ", ".join(kind.accepts)] if kind.accepts else []
    return "; ".join(parts) or "That it is connected"


def _section(kind: AccountKind) -> Iterator[str]:
    yield f"## {kind.title}\n\n{kind.about}\n\n"
    if kind.key is not None:
        yield f"- **Key**: {_key(kind.key)}\n"
    if kind.address:
        yield f"- **Address**: `{kind.address}`, unless the account names another.\n"
    yield f"- **Balance**: {'told by its API.' if kind.balance else kind.no_balance or 'none.'}\n"
    pace = f", at least {kind.pace:g} s between two questions" if kind.pace else ""
    yield f"- **Synced**: every {_span(timedelta(seconds=kind.every))}{pace}.\n"
    if kind.accepts:
        yield f"- **Files**: {', '.join(f'`{one}`' for one in kind.accepts)} can be uploaded.\n"
    yield "\n"
    if kind.options:
        yield "| option | what it is | needed | as usual |\n|---|---|---|---|\n"
        for option in kind.options:
            usual = f"`{option.default}`" if option.default else ""
            told = " ".join(f"{part.rstrip('.')}." for part in (option.title, option.help) if part)
            one_of = f" One of {', '.join(f'`{choice}`' for choice in option.choices)}." if option.choices else ""
            yield f"| `{option.name}` | {_cell(told + one_of)} | {'yes' if option.needed else ''} | {usual} |\n"
        yield "\n"
    if kind.reports:
        yield "| report | what it is | read at first | may change for | if the key may not |\n|---|---|---|---|---|\n"
        yield from (_report(report) for report in kind.reports)
        yield "\n"


def _key(key: Key) -> str:
    sent = (
        "exchanged for a token"
        if key.exchange
        else _AUTH.get(key.auth, f"as the header `{key.auth.partition(':')[2]}`")
    )
    if key.auth == "aws4":
        sent = "as a signature"
    example = f" (`{key.example}`)" if key.example else ""
    needed = "" if key.needed else ", may be left out"
    return f"{key.title}{example}{needed}, sent {sent}. {key.help}".rstrip()


def _report(report: Report) -> str:
    first = "what is there" if report.list else "as it is now" if not report.first else _span(report.first)
    late = _span(report.late) if report.late else ""
    otherwise = "the others are read" if report.optional else "the sync fails in part"
    return f"| `{report.name}` | {_cell(report.title)} | {first} | {late} | {otherwise} |\n"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size and not seconds % size:
            count = seconds // size
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return f"{seconds} s"


def _anchor(title: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
