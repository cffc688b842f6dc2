"""What a cube is: the dimensions and measures of one kind of record, declared as attributes of a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from tokometer.measures.kinds import Dimension, Measure, snake


class Cube:
    """A kind of record, with everything that can be asked of it. Subclasses declare, nothing is instantiated."""

    #: The cube's name, as the first part of its measures' names.
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    table: ClassVar[str] = ""
    dimensions: ClassVar[Mapping[str, Dimension]] = {}
    measures: ClassVar[Mapping[str, Measure]] = {}

    def __init_subclass__(cls, *, table: str) -> None:
        super().__init_subclass__()
        cls.name = snake(cls.__name__)
        cls.title = cls.name.replace("_", " ").capitalize()
        cls.table = table
        for name, inherited in [(name, value) for base in cls.__mro__[1:] for name, value in vars(base).items()]:
            if isinstance(inherited, Dimension) and name not in vars(cls):
                setattr(cls, name, replace(inherited, name=f"{cls.name}.{name}"))
        cls.dimensions = {name: value for name, value in vars(cls).items() if isinstance(value, Dimension)}
        cls.measures = {name: value for name, value in vars(cls).items() if isinstance(value, Measure)}
