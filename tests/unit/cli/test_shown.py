"""What a terminal is given can be read, and does nothing."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokometer.cli
from tokometer.cli.shown import say_json, shown, without_secrets
from tokometer.cli.tables import Heading, Line, Table, dollars
from tokometer.judgement.reconciliation.words import dollars as in_words

_ACTED_ON = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202ecba", "abc\\u202ecba"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("tab\there", "tab\\x09here"),
        ("no\u00a0break", "no break"),
        ("日本 naïve 🙂", "日本 naïve 🙂"),
        ("half\ud83d", "half\\ud83d"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, seen: str) -> None:
    """As an escape; what can be seen stays."""
    assert shown(text) == seen


@given(st.text())
def test_no_text_does_anything(text: str) -> None:
    """Whatever it is made of."""
    assert not _ACTED_ON.search(shown(text))


def test_a_table_shows_what_is_in_its_cells() -> None:
    """And is as wide as that."""
    rows = [Line(["a\x1b[2Jb\u202e", "1"]), Line(["日本語", "22"])]
    drawn = click.unstyle(Table([Heading("Model", "left"), Heading("Calls")], rows).render(80)).splitlines()
    assert drawn[2] == "a\\x1b[2Jb\\u202e      1"
    assert drawn[3] == "日本語              22"


def test_json_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With escapes of its own."""
    value = {"model": "a\x1b[31m\x9b\u202e日\U000e0001", "list": [1, None]}
    say_json(value)
    out = capsys.readouterr().out
    assert not _ACTED_ON.search(out)
    assert "日" in out
    assert json.loads(out) == value


def test_errors_hold_no_secrets() -> None:
    """A setting in the wrong place, an address with a password."""
    secret = "ghp_" + "a1B2" * 9
    assert secret[4:] not in without_secrets(f"cannot read {secret} at postgres://me:{secret}@db")


def test_nothing_is_printed_past_this() -> None:
    """Every command prints through `shown`."""
    folder = Path(tokometer.cli.__file__).parent
    assert [path.name for path in folder.glob("*.py") if "click.echo(" in path.read_text()] == ["shown.py"]


def test_money_below_zero_has_its_sign_first() -> None:
    """As on every page: what was given back is `-$1.50`, however small."""
    assert [dollars(Decimal(text)) for text in ("-1.5", "-0.00123", "0", "1204.315")] == [
        "-$1.50",
        "-$0.0012",
        "$0.00",
        "$1,204.32",
    ]
    assert in_words(Decimal("-0.02")) == "-$0.02"
