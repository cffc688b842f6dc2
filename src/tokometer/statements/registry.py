"""Every kind of account, found by looking: a package of `statements` whose `kind.py` has a `KIND` is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

from tokometer.statements.protocol import AccountKind

_HERE: Final = Path(__file__).parent


@cache
def _kinds() -> dict[str, AccountKind]:
    found = [
        import_module(f"tokometer.statements.{path.parent.name}.kind").KIND for path in sorted(_HERE.glob("*/kind.py"))
    ]
    return {kind.name: kind for kind in found}


class _Kinds(Mapping[str, AccountKind]):
    """Loaded when they are first asked for: most starts need none of them."""

    def __getitem__(self, name: str) -> AccountKind:
        return _kinds()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_kinds())

    def __len__(self) -> int:
        return len(_kinds())


#: Every kind of account by its name.
KINDS: Final[Mapping[str, AccountKind]] = _Kinds()


def kind_named(name: str) -> AccountKind:
    """A kind of account.

    Raises:
        KeyError: There is none of that name.
    """
    return KINDS[name]
