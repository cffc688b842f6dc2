"""Mutations that know what an input is made of: JSON by its places, anything else by its bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Final

from generators.hostile import ALL, NUMBERS

#: Stands where JSON text is to stand as it is; Python has no object for 1e400, a lone surrogate or a key twice.
_MARK: Final = "\ue000raw:"
_MOST_BYTES: Final = 200_000
#: How often bytes are spoiled as well.
_BYTES: Final = 0.2
_NAMES: Final = tuple(ALL)
_NUMBERS: Final = tuple(NUMBERS)

Place = tuple[Any, Any]


class _Twin(str):
    """A key that is equal to no other, so that an object can have it twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def places(value: Any) -> list[Place]:
    """Every (container, key) in a JSON value."""
    found: list[Place] = []
    waiting = [value]
    while waiting:
        at = waiting.pop()
        pairs = at.items() if isinstance(at, dict) else enumerate(at) if isinstance(at, list) else ()
        for key, inner in pairs:
            found.append((at, key))
            if isinstance(inner, (dict, list)):
                waiting.append(inner)
    return found


def encoded(value: Any, chance: Random | None = None) -> bytes:
    """JSON, with what stands for raw text replaced by it; where `chance` is given, escaped or not and spaced or not."""
    ascii_only = chance is None or chance.random() < 0.8
    spaces = (", ", ": ") if chance is not None and chance.random() < 0.1 else (",", ":")
    text = json.dumps(value, ensure_ascii=ascii_only, separators=spaces)
    mark = json.dumps(_MARK, ensure_ascii=ascii_only)[:-1]
    if mark in text:
        head, *rest = text.split(mark)
        parts = [head]
        for part in rest:
            name, _, after = part.partition('"')
            parts += (ALL[_NAMES[int(name)]], after)
        text = "".join(parts)
    return text.encode("utf-8", "surrogatepass")


def hostile(chance: Random, names: Sequence[str] = _NAMES) -> str:
    """What stands for a hostile value in an object that :func:`encoded` writes."""
    return f"{_MARK}{_NAMES.index(chance.choice(names))}"


def mutated(value: Any, chance: Random, donor: Any = None, *, bytes_too: bool = True) -> bytes:
    """A JSON value with a few things wrong, as bytes. `value` is changed; parts of `donor` get into it.

    Without `bytes_too` it is JSON still, but for the numbers that JSON has no words for.
    """
    change(value, chance, donor)
    text = encoded(value, chance)
    if len(text) > _MOST_BYTES:
        # What is large has tests of its own.
        text = b'{"large":0}'
    if not bytes_too or chance.random() > _BYTES:
        return text
    return spoiled(text, chance, encoded(donor) if donor is not None else b"")


def change(value: Any, chance: Random, donor: Any = None) -> None:
    """Do a few things wrong in an object, which stays one; see :func:`encoded` for what stands in it."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
        found = places(value)
        if not found:
            break
        holder, key = chance.choice(found)
        chance.choice(_CHANGES)(holder, key, chance, donor)


def spoiled(data: bytes, chance: Random, donor: bytes = b"") -> bytes:
    """Bytes with a few things wrong: cut, spliced, flipped, doubled."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if not made:
            break
        at = chance.randrange(len(made))
        chance.choice(_SPOILS)(made, at, chance, donor)
    return bytes(made)


# -- places of an object -----------------------------------------------------------------------------------------------


def _replace(holder: Any, key: Any, chance: Random, _donor: Any) -> None:
    holder[key] = hostile(chance)


def _number(holder: Any, key: Any, chance: Random, _donor: Any) -> None:
    holder[key] = hostile(chance, _NUMBERS)


def _remove(holder: Any, key: Any, _chance: Random, _donor: Any) -> None:
    del holder[key]


def _wrap(holder: Any, key: Any, chance: Random, _donor: Any) -> None:
    inner = holder[key]
    holder[key] = chance.choice(([inner], {"a": inner}, [inner, inner], str(inner)[:200]))


def _unwrap(holder: Any, key: Any, chance: Random, _donor: Any) -> None:
    inner = holder[key]
    if isinstance(inner, dict) and inner:
        holder[key] = inner[chance.choice(list(inner))]
    elif isinstance(inner, list) and inner:
        holder[key] = chance.choice(inner)
    else:
        holder[key] = None


def _retype(holder: Any, key: Any, _chance: Random, _donor: Any) -> None:
    inner = holder[key]
    if isinstance(inner, bool):
        holder[key] = int(inner)
    elif isinstance(inner, (int, float)):
        holder[key] = str(inner)
    elif isinstance(inner, str):
        holder[key] = len(inner)
    elif isinstance(inner, list):
        holder[key] = {str(at): part for at, part in enumerate(inner[:20])}
    elif isinstance(inner, dict):
        holder[key] = list(inner)[:20]


def _swap(holder: Any, key: Any, chance: Random, _donor: Any) -> None:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    other = chance.choice(list(keys))
    holder[key], holder[other] = holder[other], holder[key]


def _twice(holder: Any, key: Any, chance: Random, _donor: Any) -> None:
    if isinstance(holder, dict):
        holder[_Twin(key)] = chance.choice((holder[key], hostile(chance)))
    else:
        holder.insert(key, holder[key])


def _rename(holder: Any, key: Any, chance: Random, _donor: Any) -> None:
    if isinstance(holder, dict):
        odd = chance.choice(
            ("", key.upper(), key + " ", key[:99] * 40, "\ud800", "a\u0000", "__class__", "x" * 5000, "＝" + key)
        )
        holder[odd] = holder.pop(key)


def _graft(holder: Any, key: Any, chance: Random, donor: Any) -> None:
    found = places(donor) if donor is not None else []
    if found:
        other, name = chance.choice(found)
        # A copy: of itself it would have no end.
        holder[key] = deepcopy(other[name])


_CHANGES: Final[tuple[Callable[[Any, Any, Random, Any], None], ...]] = (
    *(_replace, _replace, _replace, _number, _number),
    *(_remove, _wrap, _unwrap, _retype, _swap, _twice, _rename, _graft),
)


# -- bytes -------------------------------------------------------------------------------------------------------------


def _flip(made: bytearray, at: int, chance: Random, _donor: bytes) -> None:
    made[at] ^= 1 << chance.randrange(8)


def _any_byte(made: bytearray, at: int, chance: Random, _donor: bytes) -> None:
    made[at] = chance.choice(b'\x00\xff\x80\xc0\xed\n\r"\\{}[],:\x1e\x7f 0-') if chance.random() < 0.7 else at & 255


def _cut(made: bytearray, at: int, _chance: Random, _donor: bytes) -> None:
    del made[at:]


def _drop(made: bytearray, at: int, chance: Random, _donor: bytes) -> None:
    del made[at : at + chance.choice((1, 2, 7, 50))]


def _insert(made: bytearray, at: int, chance: Random, donor: bytes) -> None:
    start = chance.randrange(len(donor)) if donor else 0
    made[at:at] = donor[start : start + chance.choice((1, 5, 40, 400))] or chance.randbytes(4)


def _again(made: bytearray, at: int, chance: Random, _donor: bytes) -> None:
    made[at:at] = made[at : at + chance.choice((1, 3, 20, 200))]


def _long_varint(made: bytearray, at: int, chance: Random, _donor: bytes) -> None:
    made[at:at] = b"\xff" * chance.choice((4, 9, 10, 30)) + b"\x01"


_SPOILS: Final[tuple[Callable[[bytearray, int, Random, bytes], None], ...]] = (
    *(_flip, _flip, _any_byte, _any_byte, _cut, _drop, _insert, _again, _long_varint),
)
