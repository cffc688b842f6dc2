"""Tests of tokometer.charts.colours."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tokometer.charts import MORE, PALETTE, Colours
from tokometer.charts.colours import MOST_NAMES


def test_by_name(tmp_path: Path) -> None:
    """A name keeps its colour in any company, and after a restart."""
    path = tmp_path / "colours.json"
    first = Colours(path).of(["opus", "sonnet"])
    again = Colours(path).of(["haiku", "sonnet", "opus"])
    assert again["opus"] == first["opus"] == PALETTE[0]
    assert again["sonnet"] == first["sonnet"] == PALETTE[1]
    assert again["haiku"] == PALETTE[2]


def test_many() -> None:
    """The first thirteen names are told apart."""
    names = [f"model-{number}" for number in range(len(PALETTE))]
    assert len(set(Colours().of(names).values())) == len(PALETTE)


def test_more_names_than_colours() -> None:
    """A name that comes when every colour is taken differs from those it is shown with, and they keep theirs."""
    colours = Colours()
    names = [f"model-{number}" for number in range(len(PALETTE))]
    before = colours.of(names)
    company = [*names[:6], "late", "later"]
    together = colours.of(company)
    assert len(set(together.values())) == len(company)
    assert all(together[name] == before[name] for name in names[:6])


@given(st.lists(st.lists(st.integers(0, 80), min_size=1, max_size=len(PALETTE) + len(MORE), unique=True), max_size=6))
def test_no_colour_twice_in_a_chart(charts: list[list[int]]) -> None:
    """Whatever was shown before, no two names of a chart have one colour, and the most important keeps its own."""
    colours = Colours()
    first: dict[str, str] = {}
    for chart in charts:
        names = [f"model-{number}" for number in chart]
        found = colours.of(names)
        assert len(set(found.values())) == len(names)
        assert found[names[0]] == colours.given()[names[0]] == first.setdefault(names[0], found[names[0]])


def test_colours_beside(tmp_path: Path) -> None:
    """A name gives way to what has its colour otherwise in the chart, and has it again elsewhere."""
    colours = Colours(tmp_path / "colours.json")
    assert colours.of(["mine"], beside=[PALETTE[0]])["mine"] != PALETTE[0]
    assert colours.of(["mine"])["mine"] == PALETTE[0]


def test_broken_memory(tmp_path: Path) -> None:
    """A file that is no list of names is as good as none, and a folder that cannot be written stops nothing."""
    path = tmp_path / "colours.json"
    path.write_text('{"not": "a list"', encoding="utf-8")
    assert Colours(path).of(["a"]) == {"a": PALETTE[0]}
    assert Colours(tmp_path / "colours.json" / "below" / "a" / "file").of(["a", "\ud800"])["a"] == PALETTE[0]


def test_a_hundred_thousand_names(tmp_path: Path) -> None:
    """Names beyond what anyone tells apart have a colour, always the same, and are not remembered."""
    path = tmp_path / "colours.json"
    colours = Colours(path)
    names = [f"model-{number}" for number in range(100_000)]
    given = [colours.of(names[at : at + 10]) for at in range(0, 100_000, 10)]
    assert len(colours.given()) == MOST_NAMES
    assert path.stat().st_size < 100_000
    assert Colours().of(["model-99999"]).keys() == {"model-99999"}
    assert colours.of(names[-10:]) == given[-1]
    assert colours.of(names[:10]) == given[0]
