"""What we say of ourselves holds no secrets."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from tokometer.records.redaction.logs import MOST, DiscreetFormatter, discreet, say_uncaught

KEY = "ghp_" + "a1B2" * 9


def test_a_log_holds_no_secrets_nor_its_traceback() -> None:
    """Neither in a message, nor in what it is about, nor in the error that led to it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(DiscreetFormatter())
    logger = logging.getLogger("tokometer.test_logs")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        int(f"password={KEY}")
    except ValueError:
        logger.exception("reading %s failed\x1b[31m", f"line with {KEY}")
    said = out.getvalue()
    assert KEY[4:12] not in said
    assert "\x1b" not in said
    assert "Traceback" in said
    logger.warning("wrong %d", "number")
    assert "cannot be shown" in out.getvalue()


def test_a_traceback_of_what_nobody_caught_holds_none_either(capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to stderr as before."""
    try:
        int(KEY)
    except ValueError:
        kind, error, trace = sys.exc_info()
        assert kind is not None
        assert error is not None
        say_uncaught(kind, error, trace)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert KEY[4:12] not in said


def test_a_message_of_any_length_is_bounded() -> None:
    """Its start and its end are kept."""
    said = discreet("start " + "x" * 1_000_000 + " end")
    assert len(said) <= MOST + 10
    assert said.startswith("start")
    assert said.endswith(" end")
