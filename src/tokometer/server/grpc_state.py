"""Whether OTLP is taken by gRPC, for pages and commands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class GrpcState:
    """What became of it. Both are empty where it is switched off, or not yet there."""

    #: `127.0.0.1:4317`, once it is listened at.
    address: str = ""
    #: Why it is not, in a sentence.
    trouble: str = ""
