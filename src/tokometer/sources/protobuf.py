"""Protobuf messages declared in a few lines: what we read of somebody's `.proto`, as classes of the C decoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

__all__ = ["DecodeError", "Message", "MessageClass", "message_classes"]

_FIELD: Final = descriptor_pb2.FieldDescriptorProto
_SCALARS: Final = {
    "bytes": _FIELD.TYPE_BYTES,
    "bool": _FIELD.TYPE_BOOL,
    "double": _FIELD.TYPE_DOUBLE,
    "fixed64": _FIELD.TYPE_FIXED64,
    "int32": _FIELD.TYPE_INT32,
    "int64": _FIELD.TYPE_INT64,
    "sfixed64": _FIELD.TYPE_SFIXED64,
    "sint32": _FIELD.TYPE_SINT32,
    "sint64": _FIELD.TYPE_SINT64,
    "string": _FIELD.TYPE_STRING,
    "uint32": _FIELD.TYPE_UINT32,
    "uint64": _FIELD.TYPE_UINT64,
}


class Message(Protocol):
    """What we use of a protobuf message class's instances."""

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's name
        """The message on the wire."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as many types as fields
        """A field."""


class MessageClass(Protocol):
    """What we use of a protobuf message class."""

    def __call__(self, **fields: object) -> Message:
        """A message with these fields."""

    def FromString(self, data: bytes) -> Message:  # noqa: N802 - protobuf's name
        """The message that these bytes are; raises :class:`DecodeError`."""


def message_classes(package: str, messages: Mapping[str, Sequence[str]]) -> dict[str, MessageClass]:
    """A class for each message.

    `messages` has the fields of each as `number: name type`, where a type is a scalar of proto3 or another of them; a
    star marks a repeated one, a bar a member of the oneof `value`. Fields that are not declared are passed over.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package.replace('.', '/')}.proto", package=package, syntax="proto3"
    )
    for name, fields in messages.items():
        _add(file.message_type.add(name=name), fields, package)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in messages}


def _add(message: descriptor_pb2.DescriptorProto, fields: Sequence[str], package: str) -> None:
    for line in fields:
        number, name, type_ = line.replace(":", "").split()
        field = message.field.add(name=name, number=int(number), label=_FIELD.LABEL_OPTIONAL)
        if type_.endswith("*"):
            field.label = _FIELD.LABEL_REPEATED
        if type_.endswith("|"):
            if not message.oneof_decl:
                message.oneof_decl.add(name="value")
            field.oneof_index = 0
        if type_.endswith("?"):
            field.proto3_optional = True
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{name}")
        bare = type_.rstrip("*|?")
        if bare in _SCALARS:
            field.type = _SCALARS[bare]
        else:
            field.type = _FIELD.TYPE_MESSAGE
            field.type_name = f".{package}.{bare}"
