"""What a section of `tokometer.toml` is: its keys, an example, and how it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from tokometer.settings.keys import fields_of
from tokometer.settings.money import Budget, BudgetOf
from tokometer.settings.notifying import ChannelSettings
from tokometer.settings.parts import Settings
from tokometer.settings.polling import TargetSettings
from tokometer.settings.webhooks import WebhookSettings


@dataclass(frozen=True, slots=True)
class Described:
    """A key for people: its name within the section, what it takes, what it means, its default."""

    name: str
    takes: str
    meaning: str
    default: str


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the file, or a list of tables."""

    #: As the file writes it: `slo`, `slo.override`.
    name: str
    title: str
    meaning: str
    #: As it may stand in a file.
    example: str
    #: What a table of it is read into; None where it is read by hand.
    kind: type[Struct] | None = None
    #: It is written [[name]], once for each entry.
    many: bool = False
    #: Keys that no field declares.
    more: tuple[Described, ...] = ()
    #: What is settled, where it has a `kind`.
    values: Callable[[Settings], tuple[Struct, ...]] = lambda _: ()
    #: Whether there is anything beyond an empty frame.
    configured: Callable[[Settings], bool] = lambda _: True

    @property
    def keys(self) -> tuple[Described, ...]:
        """All of its keys."""
        if self.kind is None:
            return self.more
        return (*described(self.kind), *self.more)

    def toml(self, settings: Settings) -> str:
        """What the file would say for things to be as they are; the example where there is nothing to say."""
        if self.kind is None or not self.configured(settings):
            return self.example
        fields = fields_of(self.kind)
        lines: list[str] = []
        for value in self.values(settings):
            told = {name: getattr(value, name) for name in fields}
            head = f"[[{self.name}]]" if self.many else f"[{self.name}]"
            lines += [*([""] if lines else []), head]
            lines += [f"{name} = {written(one)}" for name, one in told.items() if one not in (None, "")]
            lines += _tables(value)
            lines += [*_switches(value), *_amounts(value)]
        return "\n".join(lines) if len(lines) > 1 else self.example


def described(kind: type[Struct]) -> Iterator[Described]:
    """The keys that a section's fields declare."""
    for name, field in fields_of(kind).items():
        none = "none" if field.default in (None, "") else str(written(field.default))
        yield Described(name, field.takes, field.key.meaning, "required" if field.required else none)


def written(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 10**15 else repr(value)
    return str(value)


def _tables(value: Struct) -> Iterator[str]:
    """The tables within an entry of a list, each in a line."""
    names = {TargetSettings: ("options", "labels"), WebhookSettings: ("fields", "constants", "labels")}
    for name in names.get(type(value), ()):
        pairs = getattr(value, name)
        if pairs:
            yield f"{name} = {{ {', '.join(f'{written(key)} = {written(one)}' for key, one in pairs)} }}"


def _listed(values: Iterable[object]) -> str:
    return f"[{', '.join(written(one) for one in values)}]"


def _switches(value: Struct) -> Iterator[str]:
    """What a channel says that no field declares."""
    if isinstance(value, ChannelSettings):
        if value.rules:
            yield f"rules = {_listed(value.rules)}"
        for name in ("resolved", "acknowledged"):
            told = getattr(value, name)
            if told is not (name == "resolved"):
                yield f"{name} = {'true' if told else 'false'}"


def _amounts(value: Struct) -> Iterator[str]:
    """The tables of a budget."""
    for name in ("models", "providers", "teams") if isinstance(value, Budget) else ():
        amounts = getattr(value, name)
        if amounts:
            yield ""
            yield f"[budget.{name}]"
            yield from (f"{written(key)} = {written(amount)}" for key, amount in amounts)
    for one in value.of if isinstance(value, Budget) else ():
        yield from ("", "[[budget.of]]")
        told = {name: getattr(one, name) for name in fields_of(BudgetOf)}
        yield from (f"{name} = {written(given)}" for name, given in told.items() if given != "")
        if one.filters:
            yield f"filters = {{ {', '.join(f'{written(name)} = {_listed(values)}' for name, values in one.filters)} }}"
        yield f"levels = {_listed(one.levels)}"
        if not one.stops:
            yield "stops = false"
