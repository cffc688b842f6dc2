"""Reading what a file says into what is declared; every mistake is told with file, key and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import Struct

from tokometer.records.labels import MAX_VALUE, cleaned
from tokometer.settings.errors import SettingsError
from tokometer.settings.keys import Field, fields_of

#: Entries of a list of tables, such as [[rate_card]].
MOST_ENTRIES: Final = 1_000
_T = TypeVar("_T", bound=Struct)


class Reader:
    """Reads one file, whose path stands in every error, and remembers which keys it names."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.given: set[str] = set()

    def section(self, kind: type[_T], at: str, given: object, beside: Iterable[str] = (), **more: Any) -> _T:  # noqa: ANN401
        """A table as a `kind`; `beside` are keys that are read elsewhere, `more` are fields that were."""
        table = self.table(at, given)
        declared = fields_of(kind)
        self.only(f"{at}.", table, (*declared, *beside))
        values = {
            name: self.value(f"{at}.{name}", declared[name], told) for name, told in table.items() if name in declared
        }
        for name, field in declared.items():
            if field.required and name not in values:
                raise self.error(f"{at}.{name}", "is missing")
        return kind(**values, **more)

    def entries(self, kind: type[_T], at: str, given: object) -> tuple[tuple[str, _T], ...]:
        """A list of tables, each with the key that it has in errors: `rate_card[2]`."""
        if not isinstance(given, list):
            raise self.error(at, f"has to be a list of tables: write [[{at}]], once for each")
        if len(given) > MOST_ENTRIES:
            raise self.error(at, f"at most {MOST_ENTRIES:,}, not {len(given):,}")
        named = ((f"{at}[{number}]", one) for number, one in enumerate(given, start=1))
        return tuple((key, self.section(kind, key, one)) for key, one in named)

    def value(self, at: str, field: Field, given: object) -> object:
        """A value as its field takes it."""
        self.given.add(at)
        if field.form == "text":
            text = self.text(at, given).strip()
            if not text:
                raise self.error(at, "is empty")
            return text
        if field.form == "word":
            if given not in field.words:
                raise self.error(
                    at, f"has to be one of {', '.join(field.words)}, not {given!r}{self._near(given, field.words)}"
                )
            return given
        number = self.number(at, given)
        if not field.key.takes(number):
            raise self.error(at, f"has to be {field.key.bounds}, not {number}")
        # Within the bounds only: a number of a billion digits takes a while.
        if field.form == "whole" and number != int(number):
            raise self.error(at, f"has to be a whole number, not {number}")
        return Decimal(number) if field.form == "money" else int(number) if field.form == "whole" else float(number)

    def number(self, at: str, given: object) -> int | Decimal:
        """A number; numbers with a point are read as decimals, exactly as they are written."""
        if isinstance(given, bool) or not isinstance(given, int | Decimal):
            raise self.error(at, f"has to be a number, not {given!r}")
        if isinstance(given, Decimal) and not given.is_finite():
            raise self.error(at, f"has to be a number, not {given}")
        return given

    def table(self, at: str, given: object) -> Mapping[str, Any]:
        """A table."""
        if not isinstance(given, dict):
            raise self.error(at, f"has to be a table: [{at}]")
        return given

    def text(self, at: str, given: object) -> str:
        """A text."""
        if not isinstance(given, str):
            raise self.error(at, f"has to be text in quotes, not {given!r}")
        if len(given) > MAX_VALUE:
            raise self.error(at, f"has more than {MAX_VALUE} characters")
        return cleaned(given)

    def texts(self, at: str, given: object, most: int, least: int = 0) -> tuple[str, ...]:
        """A list of texts, each once."""
        if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
            raise self.error(at, 'has to be a list of texts: ["…", "…"]')
        if not least <= len(given) <= most:
            raise self.error(at, f"takes {'one' if least else 'none'} to {most} of them, not {len(given)}")
        texts = tuple(item.strip() for item in given)
        if not all(texts):
            raise self.error(f"{at}[{texts.index('') + 1}]", "is empty")
        return tuple(dict.fromkeys(texts))

    def only(self, at: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
        """Refuse keys that are not known, with the nearest one that is."""
        known = tuple(known)
        for key in given:
            if key not in known:
                hint = self._near(key, known).removeprefix("; ") or f"known are {', '.join(known)}"
                raise self.error(f"{at}{key}", f"is not known; {hint}")

    def error(self, at: str, reason: str) -> SettingsError:
        """What is wrong with a key."""
        return SettingsError(self._path, at.removeprefix("."), reason)

    @staticmethod
    def _near(given: object, known: tuple[str, ...]) -> str:
        from difflib import get_close_matches  # 2 ms

        near = get_close_matches(str(given), known, 1)
        return f"; did you mean {near[0]}?" if near else ""
