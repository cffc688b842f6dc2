"""Tests of tokometer.sources.prometheus.exposition."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tokometer.sources.prometheus.exposition import parse

_NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,20}", fullmatch=True)
_LABELS = st.dictionaries(
    st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,10}", fullmatch=True), st.text(max_size=20), max_size=4
)


def _written(labels: dict[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


@given(name=_NAMES, labels=_LABELS, value=st.floats(allow_nan=False))
def test_whatever_is_written_is_read(name: str, labels: dict[str, str], value: float) -> None:
    """Names, labels with any character, and any number come out as they went in."""
    line = f"{name}{_written(labels)} {value!r}"
    found = parse(line)
    assert (found.name, found.labels, found.value, found.at) == (name, labels, value, None)
    assert found.head == line.rpartition(" ")[0]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(_NAMES, _LABELS, st.floats(), st.none() | st.integers(0, 10**12), st.sampled_from([" ", "  ", "\t"])),
        max_size=6,
    )
)
def test_as_prometheus_own_parser_reads_it(told: list[tuple[str, dict[str, str], float, int | None, str]]) -> None:
    """Whatever Prometheus' Python client makes of a text, we make of it."""
    lines = [
        f"{name}{_written(labels)}{space}{value!r}{'' if at is None else f'{space}{at}'}"
        for name, labels, value, at, space in told
    ]
    families = text_string_to_metric_families("\n".join([*lines, ""]))
    theirs = [(one.labels, str(one.value), one.timestamp) for family in families for one in family.samples]
    ours = [(one.labels, str(one.value), None if one.at is None else one.at / 1e6) for one in map(parse, lines)]
    assert sorted(map(repr, ours)) == sorted(map(repr, theirs))


@pytest.mark.parametrize(
    ("line", "name", "labels", "value", "at"),
    [
        ("up 1", "up", {}, 1.0, None),
        ("up\t1", "up", {}, 1.0, None),
        ('a{b="c",} 1e3', "a", {"b": "c"}, 1000.0, None),
        ('a { b = "c" , d="} # \\"" }  +Inf', "a", {"b": "c", "d": '} # "'}, float("inf"), None),
        ("a 12 1395066363123", "a", {}, 12.0, 1_395_066_363_123_000),
        ('{"my.metric","b c"="d"} 1', "my.metric", {"b c": "d"}, 1.0, None),
        ('a{b="\\x"} 1', "a", {"b": "\\x"}, 1.0, None),
        ('a{b=""} 0.5', "a", {"b": ""}, 0.5, None),
    ],
)
def test_what_the_text_format_has(line: str, name: str, labels: dict[str, str], value: float, at: int | None) -> None:
    """Spaces, commas at the end, escapes, times in milliseconds and quoted names are read."""
    found = parse(line)
    assert (found.name, found.labels, found.value, found.at) == (name, labels, value, at)


def test_open_metrics() -> None:
    """Exemplars are passed over, and times are in seconds."""
    found = parse('a_bucket{le="0.5"} 17 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.1', seconds=True)
    assert (found.name, found.value, found.at) == ("a_bucket", 17.0, 1_520_879_607_789_000)


@pytest.mark.parametrize(
    "line",
    [
        *("up", "up ", "{} 1", "1up 1", 'a{b="c} 1', "a{b} 1", 'a{b="c"', 'a{b="c"}1', "a x", "a 1_000", "a 0x10"),
        *("a 1 x", "a 1 2 3", 'a{b="c",b="d"} 1', "a 1 nan", "a 1 -1", 'a{b="c" d="e"} 1', "ä 1"),
    ],
)
def test_what_is_broken_is_refused(line: str) -> None:
    """A line that is none says why, without what stood in it."""
    with pytest.raises(ValueError, match=r"^(has|does|goes) ") as error:
        parse(line)
    assert "c" not in str(error.value).split()
