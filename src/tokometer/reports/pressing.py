"""The process beside a server that makes its pictures and PDFs; see :mod:`tokometer.reports.press`."""

from __future__ import annotations

import os
import select
import struct
import sys
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from tokometer.host.children import end_with
from tokometer.records.redaction.logs import log_discreetly
from tokometer.reports.press import Here, Task

#: Without a task for so long (seconds), it ends; the next one starts another.
_IDLE: Final = 300.0
_LENGTH: Final = struct.Struct("<I")


def main(cache: Path, parent: int) -> None:
    """Make what is asked for, until nothing is."""
    end_with(parent)
    log_discreetly()
    tasks = sys.stdin.buffer
    # Whatever else is printed goes to where errors go.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    press = Here(cache)
    while select.select((tasks,), (), (), _IDLE)[0]:
        size = tasks.read(_LENGTH.size)
        if len(size) < _LENGTH.size:
            return
        _answer(press, tasks.read(_LENGTH.unpack(size)[0]), answers)


def _answer(press: Here, task: bytes, answers: BinaryIO) -> None:
    try:
        state, content = b"+", press.make(msgspec.msgpack.decode(task, type=Task))
    except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
        state, content = b"-", f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".encode("utf-8", "replace")
    answers.write(state + _LENGTH.pack(len(content)))
    answers.write(content)
    answers.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
