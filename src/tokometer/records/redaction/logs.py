"""Logs, tracebacks and whatever else we say of ourselves: without secrets, and without what terminals act on.

An error can quote anything: a line that could not be read, an address with a password in it.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Final

from tokometer.records.redaction.held import without_held
from tokometer.records.redaction.masking import redacted

#: Characters of one message, its traceback included. Of a longer one the end says what happened.
MOST: Final = 16_000
_START: Final = 4_000
#: What is shown as an escape: everything but line ends and tabs.
_SHOWN: Final = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), *range(127, 160))}


def discreet(text: str) -> str:
    """A message as it may stand in a log."""
    text = without_held(text)
    if len(text) > MOST:
        text = f"{text[:_START]}\n…\n{text[_START - MOST :]}"
    return redacted(text, MOST + _START).translate(_SHOWN)


class DiscreetFormatter(logging.Formatter):
    """Formats as any other does, and leaves secrets out."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, its traceback included."""
        try:
            return discreet(super().format(record))
        except Exception:  # noqa: BLE001 - whatever was logged, a log ends nothing
            return f"{record.levelname} in {record.name}: a message that cannot be shown"


def log_discreetly() -> None:
    """Let nothing secret into what this process logs, nor into the tracebacks of what nobody caught."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(DiscreetFormatter())
    sys.excepthook = say_uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _uncaught_in_thread
    # What cannot be logged would be printed as it is, with all that it was to say.
    logging.raiseExceptions = False


#: For uvicorn: its messages and ours the same way, warnings and worse, to stderr.
CONFIG: Final[dict[str, object]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": DiscreetFormatter, "fmt": "%(levelname)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "discreet", "stream": "ext://sys.stderr"}},
    "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}


def say_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback without secrets, as `sys.excepthook`."""
    sys.stderr.write(discreet("".join(traceback.format_exception(kind, error, trace))))


def _unraisable(said: sys.UnraisableHookArgs) -> None:
    """What is raised while something is let go of, where nobody can catch it; of that only what it was."""
    if said.exc_value is not None:
        sys.stderr.write(f"{discreet(said.err_msg or 'Exception ignored in')} {type(said.object).__name__}\n")
        say_uncaught(said.exc_type, said.exc_value, said.exc_traceback)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        say_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
