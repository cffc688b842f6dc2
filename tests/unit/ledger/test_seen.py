"""What was met lately is remembered in two generations, and what is new is not looked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tokometer.ledger import Batch
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.packed import pack
from tokometer.ledger.seen import Seen
from tokometer.records import ModelCall, now_us


def test_names_are_known_with_the_first_quarter_hour_in_which_they_were_met() -> None:
    """A second meeting tells the first; an earlier one that comes later is the first from then on."""
    seen = Seen(0)
    assert seen.meet({"a", "b"}, 7, 0) == {}
    assert seen.meet({"a", "c"}, 5, 0) == {"a": 7}
    assert seen.meet({"a", "b", "c"}, 9, 0) == {"a": 5, "b": 7, "c": 5}


def test_the_older_generation_is_forgotten_and_said_to_be() -> None:
    """Never more than two generations; from when on everything is known moves with them."""
    seen = Seen(0, most=2)
    seen.meet({"a", "b"}, 1, 10)
    assert seen.meet({"c", "d"}, 1, 20) == {}
    assert seen.since == 0
    assert seen.meet({"a"}, 1, 25) == {"a": 1}
    seen.meet({"e", "f"}, 1, 30)
    assert seen.since == 20
    assert seen.meet({"b"}, 1, 40) == {}


def call(trace: str, span: str, parent: str = "elsewhere") -> ModelCall:
    """A call told by a span that began a minute ago."""
    values: dict[str, Any] = {"trace_id": trace, "group": trace, "span_id": span, "parent_id": parent}
    return ModelCall(
        source="otlp",
        native_id=f"{trace}:{span}",
        started_at=now_us() - 60_000_000,
        input_tokens=1,
        pinned=True,
        **values,
    )


def test_what_is_new_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New traces cost no query, also after a restart; a trace that was met before is looked up."""
    path = tmp_path / "l.duckdb"
    ledger = DuckDBLedger(path)
    ledger.commit(Batch([call("t1", "a")]))
    ledger.close()
    ledger = DuckDBLedger(path)
    asked: list[str] = []
    tellings = ledger._instance.shelf.tellings
    monkeypatch.setattr(
        ledger._instance.shelf, "tellings", lambda traces, at: asked.extend(traces) or tellings(traces, at)
    )
    ledger.commit(Batch(packed=[pack([call("t2", "b"), call("t2", "c")])]))
    assert asked == []
    ledger.commit(Batch(packed=[pack([call("t1", "d"), call("t3", "e")])]))
    assert asked == ["t1"]
    ledger.close()
