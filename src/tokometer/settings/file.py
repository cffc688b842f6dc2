"""The settings' file: `tokometer.toml` in the data folder.

[labels]
otlp = ["customer.id", "app.*"]     # attributes of OTLP spans and resources that become labels
rollup = ["customer"]               # labels that take part in the rollups

[dimension.product]                 # calls.product
title = "Product"
default = "other"
[[dimension.product.rule]]          # in order, the first one that holds
value = "search"
where = ["project contains search", "label.app = find"]   # all of them
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tokometer.records.labels import MAX_KEY, MAX_VALUE, cleaned
from tokometer.settings.parts import Declared, LabelSettings, Rule, Settings

FILE_NAME: Final = "tokometer.toml"
#: Each key multiplies the rollups by the number of its values.
MOST_ROLLED: Final = 8
MOST_DIMENSIONS: Final = 50
MOST_RULES: Final = 500
_MOST_OTLP: Final = 200
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


class SettingsError(ValueError):
    """The settings cannot be used: which file, which key, and what would be right."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        super().__init__(f"{path}: {key}: {reason}" if key else f"{path}: {reason}")
        self.path = path
        self.key = key
        self.reason = reason


def read_settings(path: Path) -> Settings:
    """The settings in the file at `path`; all of them as they are by themselves where there is no file.

    Names of dimensions in rules are looked up later, where dimensions are known (`tokometer.measures.made`).

    Raises:
        SettingsError: The file cannot be read, is not TOML, or says something that cannot be settled.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise SettingsError(path, "", f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(path, "", f"is not UTF-8 text (byte {error.start})") from error
    import tomllib  # 4 ms, for those who have such a file

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(path, "", f"is not TOML: {error}") from error
    return _Reader(path).settings(content)


class _Reader:
    """Reads one file, whose path stands in every error."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def settings(self, content: Mapping[str, Any]) -> Settings:
        self._only("", content, ("labels", "dimension"))
        declared = self._table("dimension", content.get("dimension", {}))
        if len(declared) > MOST_DIMENSIONS:
            raise self._error("dimension", f"at most {MOST_DIMENSIONS}, not {len(declared)}")
        return Settings(
            labels=self._labels(self._table("labels", content.get("labels", {}))),
            dimensions=tuple(self._dimension(name, given) for name, given in declared.items()),
        )

    def _labels(self, given: Mapping[str, Any]) -> LabelSettings:
        self._only("labels.", given, LabelSettings.__struct_fields__)
        known = given.get("otlp_known", True)
        if not isinstance(known, bool):
            raise self._error("labels.otlp_known", "has to be true or false")
        otlp = self._texts("labels.otlp", given.get("otlp", []), _MOST_OTLP)
        for at, pattern in enumerate(otlp, start=1):
            if "*" in pattern[:-1] or pattern == "*":
                raise self._error(f"labels.otlp[{at}]", "a star stands at the end, after the beginning of a name")
        rollup = self._texts("labels.rollup", given.get("rollup", []), MOST_ROLLED)
        for at, key in enumerate(rollup, start=1):
            if key != cleaned(key) or len(key) > MAX_KEY:
                raise self._error(f"labels.rollup[{at}]", f"a label's key has at most {MAX_KEY} characters")
        return LabelSettings(otlp=otlp, otlp_known=known, rollup=rollup)

    def _dimension(self, name: str, given: object) -> Declared:
        at = f"dimension.{name}"
        table = self._table(at, given)
        if not _NAME.fullmatch(name):
            raise self._error(at, "a name is lower-case letters, digits and underscores, and begins with a letter")
        self._only(f"{at}.", table, ("title", "description", "default", "rule"))
        rules = table.get("rule", [])
        if not isinstance(rules, list) or not rules:
            raise self._error(f"{at}.rule", f"is missing; write [[{at}.rule]], once for each rule")
        if len(rules) > MOST_RULES:
            raise self._error(f"{at}.rule", f"at most {MOST_RULES}, not {len(rules)}")
        return Declared(
            name=name,
            title=self._text(f"{at}.title", table.get("title", "")),
            description=self._text(f"{at}.description", table.get("description", "")),
            default=self._text(f"{at}.default", table.get("default", "")),
            rules=tuple(self._rule(f"{at}.rule[{number}]", rule) for number, rule in enumerate(rules, start=1)),
        )

    def _rule(self, at: str, given: object) -> Rule:
        table = self._table(at, given)
        self._only(f"{at}.", table, ("value", "where"))
        for key in ("value", "where"):
            if key not in table:
                raise self._error(f"{at}.{key}", "is missing")
        where = table["where"]
        return Rule(
            self._text(f"{at}.value", table["value"]),
            self._texts(f"{at}.where", [where] if isinstance(where, str) else where, 100, least=1),
        )

    def _table(self, at: str, given: object) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            raise self._error(at, f"has to be a table: [{at}]")
        return given

    def _text(self, at: str, given: object) -> str:
        if not isinstance(given, str):
            raise self._error(at, f"has to be text in quotes, not {given!r}")
        if len(given) > MAX_VALUE:
            raise self._error(at, f"has more than {MAX_VALUE} characters")
        return cleaned(given)

    def _texts(self, at: str, given: object, most: int, least: int = 0) -> tuple[str, ...]:
        if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
            raise self._error(at, 'has to be a list of texts: ["…", "…"]')
        if not least <= len(given) <= most:
            raise self._error(at, f"takes {'one' if least else 'none'} to {most} of them, not {len(given)}")
        texts = tuple(item.strip() for item in given)
        if not all(texts):
            raise self._error(f"{at}[{texts.index('') + 1}]", "is empty")
        return tuple(dict.fromkeys(texts))

    def _only(self, at: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in given:
            if key not in known:
                from difflib import get_close_matches  # 2 ms

                near = get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                raise self._error(f"{at}{key}", f"is not known; {hint}")

    def _error(self, at: str, reason: str) -> SettingsError:
        return SettingsError(self._path, at, reason)
