"""Dashboards as plain data and as TOML: every one of ours survives the way there and back, and mistakes are named."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.dashboards import DASHBOARDS, Dashboard
from tokometer.dashboards.board_files import board_in, toml_of
from tokometer.dashboards.declared import DeclarationError, dashboard_of, dashboard_plain, panel_of, panel_plain
from tokometer.dashboards.grammar import KINDS, composed, fields_of
from tokometer.dashboards.kinds import Figures, Matrix, Ranking, Series, Stat
from tokometer.dashboards.named import NAMED, name_of, named

STAT = {"kind": "stat", "id": "cost", "title": "Cost", "of": "calls.cost"}


@pytest.mark.parametrize("board", DASHBOARDS.values(), ids=list(DASHBOARDS))
def test_every_dashboard_of_ours_survives_the_round_trip(board: Dashboard) -> None:
    """What TOML says of one of ours is the same dashboard again, limits and levels included."""
    told = toml_of(dashboard_plain(board))
    assert board_in(told, board.id) == replace(board, key="", short="", group=None)
    assert toml_of(dashboard_plain(board_in(told, board.id))) == told


def test_every_kind_is_known() -> None:
    """A kind is in the grammar because it is exported, and a form fills in what it must have."""
    assert {panel.kind for board in DASHBOARDS.values() for panel in board.panels} <= set(KINDS)
    for kind in ("stat", "series", "ranking", "share", "matrix", "heatmap", "treemap", "histogram", "gauge", "figures"):
        assert kind in composed()
        assert all(one.form for one in fields_of(KINDS[kind]).values() if one.required)


def test_what_is_worked_out_has_a_name() -> None:
    """Functions and classes are named, and found by their names."""
    for field, group in NAMED.items():
        for name, one in group.items():
            given_ = {"Bands": " error_rate_limits", "Benchmark": " calls.cost", "HasAny": " spent"}.get(name, "")
            found = named(field, name + given_)
            assert found == one or isinstance(found, one)  # type: ignore[arg-type]
            assert name_of(found) == name + given_
    with pytest.raises(LookupError, match=r"dashboards/named\.py"):
        name_of(lambda: None)


def test_the_short_forms() -> None:
    """A column or a figure that is only its measure is called as that is."""
    figures = panel_of(
        {"kind": "figures", "title": "", "of": ["calls.cost", ["calls.requests", "Calls", "requests"]]}, "a"
    )
    assert isinstance(figures, Figures)
    assert figures.of == (("calls.cost", "Cost", "other"), ("calls.requests", "Calls", "requests"))
    matrix = panel_of(
        {"kind": "matrix", "title": "", "by": "model", "columns": ["calls.cost"], "rank": "calls.cost"}, "a"
    )
    assert isinstance(matrix, Matrix)
    assert matrix.columns[0].of == "calls.cost"


def test_an_id_is_given_where_there_is_none() -> None:
    """Panels without an id have one, each another."""
    board = dashboard_of({"title": "x", "section": [{"panel": [{**STAT, "id": ""}, {**STAT, "id": ""}]}]}, "own-a")
    assert [panel.id for panel in board.panels] == ["own-a.panel_1", "own-a.panel_2"]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"kind": "stats"}, "kind", "did you mean stat?"),
        ({"kind": ""}, "kind", "is missing"),
        ({"of": "calls.costs"}, "of", "did you mean calls.cost"),
        ({"of": "judgement.health"}, "of", "did you mean judgement.health_score"),
        ({"of": "judgement.health_score.nothing"}, "of", "there is no measure"),
        ({"of": 3}, "of", "text in quotes"),
        ({"off": "calls.cost"}, "off", "did you mean of?"),
        ({"window": "last 7"}, "window", "has to be one of today, 24h, 7d"),
        ({"width": 13}, "width", "from 1 to 12"),
        ({"width": 2.5}, "width", "whole number"),
        ({"width": float("nan")}, "width", "has to be a number"),
        ({"width": True}, "width", "has to be a number"),
        ({"limits": "error_limits"}, "limits", "error_rate_limits"),
        ({"also": [{"of": "calls.cost"}]}, "also[1].words", "is missing"),
        ({"also": "x"}, "also", "list"),
        ({"filters": {"provider": []}}, "filters.provider", "list of up to"),
        ({"filters": {"povider": ["x"]}}, "filters.povider", "did you mean 'calls.provider'"),
        ({"filters": "provider"}, "filters", "table"),
        ({"title": "x" * 501}, "title", "longer than 500"),
        ({"title": "a\0"}, "title", "NUL"),
        ({"id": "A b"}, "id", "lower-case"),
        ({"kind": "ranking"}, "by", "is missing"),
        ({"kind": "ranking", "by": "modell"}, "by", "did you mean 'calls.model'"),
        ({"kind": "ranking", "by": "calls"}, "by", "there is no dimension"),
        ({"kind": "series", "of": ["calls.cost"], "shape": "pie"}, "shape", "bars, area, line, stack"),
        ({"kind": "series", "of": ["calls.cost"], "where": ["model is x"]}, "where[1]", "is no filter"),
        ({"kind": "series", "of": ["calls.cost", "calls.coost"]}, "of[2]", "calls.cost"),
        ({"kind": "cross", "by": "model", "across": "team", "most": [1]}, "most", "list of 2"),
    ],
)
def test_mistakes_name_panel_and_field(change: dict[str, Any], field: str, reason: str) -> None:
    """What cannot be meant is told with section, panel, field and what would be right."""
    board = {"title": "x", "section": [{"panel": [STAT]}, {"panel": [{**STAT, "id": "other", **change}]}]}
    with pytest.raises(DeclarationError) as told:
        dashboard_of(board, "own-a")
    assert told.value.where.startswith("section 2, panel 1")
    assert told.value.field == field
    assert reason in told.value.reason


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("", "title", "is missing"),
        ('title = "x"\nrange = "custom"', "range", "has to be one of"),
        ('title = "x"\nsections = []', "sections", "did you mean section?"),
        ('title = "x"\nsection = 3', "section", "[[section]]"),
        ('title = "x"\n[[section]]\ncontrol = "day"', "control", "trend"),
        ('title = "x"\n[[section]]\npanel = 3', "panel", "[[section.panel]]"),
        ('title = "x"\n[[section]]\n[[section.panel]]', "kind", "is missing"),
        ("title = ", "", "is not TOML"),
    ],
)
def test_mistakes_of_a_file(text: str, field: str, reason: str) -> None:
    """What is wrong with a file as a whole."""
    with pytest.raises(DeclarationError) as told:
        board_in(text, "file-a")
    assert told.value.field == field
    assert reason in told.value.reason


def test_two_panels_of_one_id_and_too_many() -> None:
    """Ids are each panel's own, and there is an end to panels."""
    with pytest.raises(DeclarationError, match="is that of another panel"):
        dashboard_of({"title": "x", "section": [{"panel": [STAT, STAT]}]}, "own-a")
    many = [{**STAT, "id": f"p{number}"} for number in range(61)]
    with pytest.raises(DeclarationError, match="at most 60 panels"):
        dashboard_of({"title": "x", "section": [{"panel": many}]}, "own-a")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@given(title=TEXT, how=TEXT, value=TEXT.filter(bool), width=st.integers(1, 12), every=st.integers(1, 86_400))
def test_whatever_somebody_writes_survives(title: str, how: str, value: str, width: int, every: int) -> None:
    """Texts of any characters, and numbers within their bounds, come back from TOML as they were."""
    panels = (
        Stat(id="own-a.one", title=title, how=how, of="calls.cost", width=width, every=every),
        Ranking(id="own-a.two", title=title, by="model", of="calls.cost", filters=(("provider", (value, "x")),)),
        Series(id="own-a.three", title=title, of=("calls.cost",), by="team", shape="stack", top=3),
    )
    plain = {"title": "x", "section": [{"title": title, "panel": [panel_plain(one, "own-a") for one in panels]}]}
    board = board_in(toml_of(plain), "own-a")
    assert board.panels == panels
    assert board.sections[0].title == title


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(list(KINDS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted({name for kind in KINDS.values() for name in fields_of(kind)})


@given(
    told=JUNK | st.fixed_dictionaries({"kind": st.sampled_from(list(KINDS))}, optional=dict.fromkeys(FIELDS[:12], JUNK))
)
def test_whatever_is_sent_is_a_panel_or_a_mistake(told: object) -> None:
    """Anything at all is either a panel or refused in words; nothing else is raised."""
    with suppress(DeclarationError):
        panel_of(told, "own-a")
