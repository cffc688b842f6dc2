"""What a terminal is given: text from outside can be read there, and does nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from tokometer.cli.tables import Table

#: What a terminal would act on or not show: controls, marks of direction, what has no width, halves of characters.
_UNSEEN: Final = re.compile(r"[^\x20-\x7e\n]")


def shown(text: str) -> str:
    """Text in which everything that cannot be seen stands as an escape, in the way of Python; line ends stay."""
    if text.isprintable():
        return text
    return _UNSEEN.sub(_escaped, text)


def say(text: str, *, err: bool = False) -> None:
    """Print a line, or several, of plain text."""
    click.echo(shown(text), err=err)


def say_table(table: Table) -> None:
    """Print a table. What stands in its cells is :func:`shown` by itself."""
    click.echo(table.render(), nl=False)


def say_json(value: object) -> None:
    """Print a value as JSON, indented; what cannot be seen stands in it as JSON's own escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(_UNSEEN.sub(_json_escaped, text))


def say_csv(text: str) -> None:
    """Print CSV. Its cells are made harmless where it is made (`measures.result.csv_cell`)."""
    click.echo(text, nl=False)


class Loud(str):
    """A line of plain text that is to be printed in red."""

    __slots__ = ()


def say_loudly(text: str) -> None:
    """Print a line of plain text in red."""
    click.echo(click.style(shown(text), fg="red", bold=True))


def without_secrets(text: str) -> str:
    """What may quote a file or a setting: what looks like a secret is masked."""
    from tokometer.records.redaction.logs import discreet

    return shown(discreet(text))


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    if letter.isprintable():
        return letter
    code = ord(letter)
    if code < 0x100:  # noqa: PLR2004 - what two digits write
        # A space that does not break is a space.
        return " " if code == 0xA0 else f"\\x{code:02x}"  # noqa: PLR2004 - the same
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits write


def _json_escaped(found: re.Match[str]) -> str:
    letter = found[0]
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]
