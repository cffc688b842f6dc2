"""A record that waits for its time, as it travels between processes and stands in the table `aside`."""

from __future__ import annotations

import msgspec


class Waiting(msgspec.Struct, array_like=True, gc=False):
    """One record that our clock does not believe yet; the fields are the table's columns."""

    id: bytes
    #: When it is at most a day ahead, in microseconds since the epoch.
    due: int
    workspace: str
    source: str
    kind: str
    place: str
    #: The record as JSON.
    body: str
    #: The id of the row of `refusals` that says what became of it.
    refusal: bytes
