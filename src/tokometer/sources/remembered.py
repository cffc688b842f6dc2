"""What a source remembers of a file between two readings, without what must not be kept.

States are kept in the ledger, and hold ids and names as they stand in the file. An id that holds a secret is remembered
as what the gate makes of it (`records.texts`), so that a record is the same whether it is made of the one or the other.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from tokometer.records.redaction import holding_secrets
from tokometer.records.texts import mend

#: Fields that hold ids; all other text is names. Keys of objects are ids.
_IDS: Final = frozenset({"thread", "parent", "turn", "id", "root", "owner", "session", "native_id", "key", "id_"})

_encode: Final = msgspec.msgpack.Encoder().encode

M = TypeVar("M", bound=msgspec.Struct)


def encoded(memory: msgspec.Struct) -> bytes:
    """A state as bytes. It is changed where it holds a secret: nothing else is to be made of it afterwards."""
    state = _encode(memory)
    if holding_secrets((state.decode("latin-1"),)):
        return _encode(_without(memory, ""))
    return state


def decoded(state: bytes, kind: type[M]) -> M:
    """What was remembered; from the start where that is nothing, or of another version of ours."""
    found = recalled(state, kind)
    return kind() if found is None else found


def recalled(state: bytes, kind: type[M]) -> M | None:
    """The same, for whoever has to know: None where it is nothing, or of another version of ours."""
    try:
        return msgspec.msgpack.decode(state, type=kind) if state else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _without(value: Any, name: str) -> Any:  # noqa: ANN401 - whatever a state holds
    if isinstance(value, str):
        return mend(value, "long id" if name in _IDS else "label")
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            setattr(value, field, _without(getattr(value, field), field))
        return value
    if isinstance(value, dict):
        return {_without(key, "id"): _without(one, name) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, name) for one in value]
    if isinstance(value, tuple):
        return tuple(_without(one, "id") for one in value)
    return value
