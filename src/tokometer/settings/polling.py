"""`[[target]]`: servers, databases and devices that are asked every so often."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from tokometer.records.labels import MAX_VALUE
from tokometer.records.units import SECONDS
from tokometer.settings.keys import Key
from tokometer.settings.reader import MOST_ENTRIES, Reader

#: Options and labels of one target.
_MOST: Final = 50
#: An address, an option (a query of SQL) and a secret may be longer than a name.
_LONGEST: Final = 4_096
MOST_SECONDS: Final = 86_400


class TargetSettings(Struct, frozen=True, kw_only=True):
    """One `[[target]]`."""

    source: Annotated[str, Key("which source asks it, by its name: `ollama`, `prometheus`, …")]
    url: Annotated[str, Key("its address, without a key or password in it")]
    name: Annotated[str, Key("what you call it; of two targets of a source, each has its own")] = ""
    every: Annotated[
        float | None,
        Key("seconds between two questions; without it as the source has it", SECONDS, least=1, most=MOST_SECONDS),
    ] = None
    secret_env: Annotated[str, Key("the environment variable that holds its key or `user:password`")] = ""
    secret_file: Annotated[str, Key("the file that holds it, and nothing else; read anew at every question")] = ""
    #: The secret itself. No :class:`Key`, so that no page and no answer ever shows it.
    secret: str = ""
    paused: bool = False
    options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Without the secret."""
        return f"TargetSettings({self.source!r}, {self.url!r}, {self.name!r})"

    @property
    def called(self) -> str:
        """Its name; the address where it has none."""
        return self.name or self.url


#: Keys that no field declares, and what they take.
BESIDE: Final = ("secret", "paused", "options", "labels")


def read_targets(reader: Reader, given: object) -> tuple[TargetSettings, ...]:
    """`[[target]]`."""
    if not isinstance(given, list):
        raise reader.error("target", "has to be a list of tables: write [[target]], once for each")
    if len(given) > MOST_ENTRIES:
        raise reader.error("target", f"at most {MOST_ENTRIES:,}, not {len(given):,}")
    found: dict[tuple[str, str], str] = {}
    targets = []
    for number, one in enumerate(given, start=1):
        at = f"target[{number}]"
        target = _read(reader, at, reader.table(at, one))
        key = (target.source, target.called)
        if key in found:
            raise reader.error(
                at, f"says the same as {found[key]}: {target.source} at {target.called}; name one of them"
            )
        found[key] = at
        targets.append(target)
    return tuple(targets)


def target_of(path: Path, given: Mapping[str, Any]) -> TargetSettings:
    """One target as a form sends it, numbers with a point as Decimal; `path` is named in errors.

    Raises:
        SettingsError: Something in it cannot be believed; its key is the field's name.
    """
    return _read(Reader(path), "", given)


def _read(reader: Reader, at: str, given: Mapping[str, Any]) -> TargetSettings:
    paused = given.get("paused", False)
    if not isinstance(paused, bool):
        raise reader.error(_key(at, "paused"), "has to be true or false")
    secret = given.get("secret", "")
    if not isinstance(secret, str) or len(secret) > _LONGEST:
        raise reader.error(_key(at, "secret"), f"has to be text of at most {_LONGEST:,} characters, in quotes")
    target = reader.section(
        TargetSettings,
        at,
        given,
        beside=BESIDE,
        secret=secret,
        paused=paused,
        options=_texts(reader, _key(at, "options"), given.get("options", {})),
        labels=_texts(reader, _key(at, "labels"), given.get("labels", {}), MAX_VALUE),
    )
    wrong = wrong_address(target.url)
    if wrong:
        raise reader.error(_key(at, "url"), wrong)
    ways = [name for name in ("secret", "secret_env", "secret_file") if getattr(target, name)]
    if len(ways) > 1:
        raise reader.error(_key(at, ways[1]), f"is one too many beside {ways[0]}; take one of them")
    return target


def _key(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def wrong_address(url: str) -> str:
    """What is wrong with an address as such; empty where nothing is."""
    try:
        parts = urlsplit(url)
        name, password = parts.username, parts.password
        _ = parts.port
    except ValueError:
        return "is no address"
    if not parts.scheme:
        return "has to begin with its kind, as in http://127.0.0.1:8000"
    if (name or password) and parts.scheme in ("http", "https"):
        return "holds a name or password; write these in secret_env, secret_file or secret, as user:password"
    if password:
        return "holds a password; write it in secret_env, secret_file or secret"
    return ""


def _texts(reader: Reader, at: str, given: object, longest: int = _LONGEST) -> tuple[tuple[str, str], ...]:
    """A table of texts; numbers and yes or no are taken as text."""
    table = reader.table(at, given)
    if len(table) > _MOST:
        raise reader.error(at, f"takes at most {_MOST} of them, not {len(table)}")
    found = []
    for name, value in table.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(value, str | int | Decimal):
            raise reader.error(f"{at}.{name}", "has to be text in quotes, a number, or true or false")
        if len(text) > longest:
            raise reader.error(f"{at}.{name}", f"has more than {longest:,} characters")
        found.append((name, text))
    return tuple(found)
