"""Files that people write by hand, with anything wrong in them: what is wrong is said, or all of it holds."""

from __future__ import annotations

import copy
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.budget import ROOT, Budget, corpus
from generators.mutations import change, spoiled
from generators.toml_text import toml
from tokometer.measures import rules
from tokometer.prices import PriceBook
from tokometer.prices.overrides import PriceFileError, read_overrides
from tokometer.records import ModelCall
from tokometer.settings import SettingsError, read_settings

#: Of what is said about a file.
LONGEST = 1_000


def written(page: str) -> bytes:
    """All that the examples of a page say, as one file."""
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)).encode()


def examples(page: str) -> dict[str, Any]:
    """The same, as an object."""
    return tomllib.loads(written(page).decode(), parse_float=Decimal)


def made(content: dict[str, Any], text: bytes, chance: Random) -> bytes:
    """A file with something wrong."""
    if chance.random() < 0.2:
        return spoiled(text, chance, text)
    spoilt = copy.deepcopy(content)
    change(spoilt, chance, content)
    return toml(spoilt)


def calls() -> list[ModelCall]:
    """Some calls to price."""
    return [
        ModelCall(
            native_id=f"c{number}",
            source="api",
            started_at=1_788_249_600_000_000,
            provider=provider,
            model=model,
            input_tokens=2**53 if number % 2 else 5,
            output_tokens=7,
            quantities={"web_searches": 2_000},
        )
        for number, (provider, model) in enumerate(
            [("openai", "gpt-5"), ("anthropic", "claude-opus-4-5"), ("", "x"), ("my-company", "in-house")]
        )
    ]


def take_settings(path: Path) -> None:
    """Read a file of settings, and use the dimensions that it makes."""
    try:
        settled = read_settings(path)
        rules.use(settled.dimensions, path)
    except SettingsError as error:
        said(error)
    finally:
        rules.use((), path)


def take_prices(path: Path) -> None:
    """Read a file of prices, and price something by it."""
    try:
        read_overrides(path)
    except PriceFileError as error:
        said(error)
    else:
        found = calls()
        PriceBook.open(path, None).apply(found)
        assert all(call.cost_priced is None or 0 <= call.cost_priced < 2**63 for call in found)


def said(error: Exception) -> None:
    """What is wrong is said in a few words that anything can show."""
    assert 0 < len(str(error)) < LONGEST
    str(error).encode()


TAKERS = {"settings": ("settings.md", take_settings), "prices": ("prices.md", take_prices)}


@pytest.mark.parametrize("form", TAKERS)
def test_any_file_is_used_or_refused(form: str, budget: Budget, tmp_path: Path) -> None:
    """Whatever it says, it holds or the one declared error says what is wrong."""
    page, take = TAKERS[form]
    text, content, path = written(page), examples(page), tmp_path / "given.toml"
    for number, chance in budget.rounds(form, 100, 20_000):
        data = made(content, text, chance)
        path.write_bytes(data)
        with budget.tried(form, number, data):
            take(path)


@pytest.mark.parametrize("given", [*corpus("settings"), *corpus("prices")], ids=lambda path: path.name)
def test_what_once_did_harm(given: Path) -> None:
    """Every file of the corpus is used or refused."""
    TAKERS[given.parent.name][1](given)


def test_a_pattern_cannot_take_for_ever(tmp_path: Path, budget: Budget) -> None:
    """Whoever writes a pattern that matches in many ways waits no longer for it than for another."""
    path = tmp_path / "prices.toml"
    for number, pattern in enumerate(("*a" * 40, "[!a]*" * 30, "?" * 200 + "*", "*" * 300 + "z")):
        path.write_text(f'[[price]]\nmodel = "{pattern}"\ninput = 1\noutput = 1\n')
        found = calls()
        found[0].model = "a" * 200
        with budget.tried("prices", number, path.read_bytes()):
            PriceBook.open(path, None).apply(found)
