"""What can be settled."""

from __future__ import annotations

from msgspec import Struct


class LabelSettings(Struct, frozen=True, kw_only=True):
    """`[labels]`."""

    #: Names of OTLP attributes, of spans and resources, that become labels; a star at the end stands for anything.
    otlp: tuple[str, ...] = ()
    #: Whether the metadata and tags that known libraries send become labels as well.
    otlp_known: bool = True
    #: Keys of labels that take part in the rollups.
    rollup: tuple[str, ...] = ()


class Rule(Struct, frozen=True):
    """One `[[dimension.NAME.rule]]`: the value where all filters hold, each as text: `project contains search`."""

    value: str
    where: tuple[str, ...]


class Declared(Struct, frozen=True, kw_only=True):
    """One `[dimension.NAME]`: the value of the first rule that holds, else `default`."""

    name: str
    title: str = ""
    description: str = ""
    default: str = ""
    rules: tuple[Rule, ...]


class Settings(Struct, frozen=True, kw_only=True):
    """All of it, as it is where there is no file."""

    labels: LabelSettings = LabelSettings()
    dimensions: tuple[Declared, ...] = ()
