"""The texts of records, made fit to be kept: what goes is counted by field, and never told."""

from __future__ import annotations

import json

import pytest

from tokometer.records import KINDS, ModelCall, Notice, Refusal, ToolCall
from tokometer.records.fitting import CLASSES, fit_to_tell, texts_of
from tokometer.records.gate import admit
from tokometer.records.labels import UNFIT
from tokometer.sources import own

KEY = "ghp_" + "a1B2" * 9
NOW = 1_790_000_000_000_000


def call(number: int = 0, **fields: object) -> ModelCall:
    """A call that is in order, but for these fields."""
    given: dict[str, object] = {"source": "api", "native_id": f"c{number}", "started_at": NOW, "model": "m"}
    return ModelCall(**(given | fields))  # type: ignore[arg-type]


def noticed(notices: list[Notice]) -> set[tuple[str, str, int]]:
    """Topic, name and count of each."""
    return {(one.topic, one.name, one.count) for one in notices}


def test_what_is_in_order_is_not_touched() -> None:
    """And nothing is counted."""
    given = [call(number, user="ada", labels={"team": "red", "odd": UNFIT}) for number in range(3)]
    admitted = admit(given, "here", now=NOW)
    assert admitted.records == given
    assert admitted.notices == []


def test_what_goes_is_counted_by_field() -> None:
    """With an example of where it stood."""
    given = [call(0, user=KEY), call(1, user=f"{KEY}x", model="m" * 300), call(2, agent="a\x1b[1mb")]
    admitted = admit(given, "POST /api/calls", [4, 5, 6], NOW)
    assert noticed(admitted.notices) == {
        ("secret", "calls.user", 2),
        ("text", "calls.model: longer than 200 characters", 1),
        ("text", "calls.agent: characters that are no text", 1),
    }
    assert {one.place for one in admitted.notices} == {f"POST /api/calls:{at}" for at in (4, 5, 6)}
    assert [record.user for record in given] == ["…", "…", ""]
    assert given[2].agent == "ab"


def test_a_record_is_kept_whatever_its_names() -> None:
    """A name of a megabyte costs its end, not the call; ids that begin alike stay apart."""
    lines = b"\n".join(
        json.dumps({"id": "i" * 100_000 + end, "started_at": NOW, "model": "m" * 900_000}).encode() for end in "ab"
    )
    found = own.read("calls", lines, "application/x-ndjson", now=NOW)
    assert [len(record.model) for record in found.records if isinstance(record, ModelCall)] == [200, 200]
    assert len({record.id for record in found.records}) == 2
    assert ("text", "calls.model: longer than 200 characters", 2) in noticed(found.notices)


def test_ids_that_refer_to_each_other_go_on_doing_so() -> None:
    """An id reads the same in whichever field and record it stands."""
    record, tool = call(native_id=KEY, session_id=KEY), ToolCall(source="api", native_id="t", started_at=NOW, name="x")
    tool.call_id = tool.session_id = KEY
    admit([record, tool], "here", now=NOW)
    assert record.native_id == record.session_id == tool.call_id == tool.session_id
    assert KEY[4:12] not in record.native_id


def test_labels_named_like_secrets_are_masked() -> None:
    """Whatever they look like; a flag and what is no text stay."""
    given = call(
        labels={"password": "x1", "apiKey": "abc", "token": "true", KEY: "v", "note": f"of {KEY}", "cookie": UNFIT}
    )
    admitted = admit([given], "here", now=NOW)
    assert given.labels == {"password": "…", "apiKey": "…", "token": "true", "…": "v", "note": "of …", "cookie": UNFIT}
    assert noticed(admitted.notices) == {("secret", "calls.labels", 4)}


def test_names_of_numbers_are_names() -> None:
    """A part or a quantity can be called anything, too."""
    given = call(quantities={KEY: 2_000, "n" * 300: 1_000})
    admit([given], "here", now=NOW)
    assert given.quantities == {"…": 2_000, "n" * 199 + "…": 1_000}


def test_the_same_record_twice_is_the_same() -> None:
    """Also where its source holds a secret, and whether it passes once or twice."""
    first, second = call(source=KEY, native_id=f"{KEY}:1"), call(source=KEY, native_id=f"{KEY}:1")
    admit([first], "here", now=NOW)
    admit([second], "there", now=NOW)
    admit([second], "there", now=NOW)
    assert first.id == second.id
    other = call(source=KEY, native_id=f"{KEY}:2")
    admit([other], "here", now=NOW)
    assert other.id != first.id


def test_refusals_and_notices_hold_none_either() -> None:
    """Neither where something stood, nor what it was called."""
    refusal = Refusal(KEY, f"/home/{KEY}/x.jsonl", 3, KEY, f"is no field (id {KEY})")
    notice = Notice(KEY, "field", f"calls.{KEY}", f"/home/{KEY}/x.jsonl:3")
    refusals, notices = fit_to_tell([refusal], [notice])
    assert KEY[4:12] not in f"{refusals}{notices}"
    assert refusals[0].source == notices[0].source
    assert fit_to_tell(refusals, notices) == (refusals, notices)


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_is_of_a_field(kind: str) -> None:
    """Whatever is text is a name, unless it is declared otherwise."""
    assert {"source", "native_id", "trace_id"} <= texts_of(kind).keys()
    fields = {name for one in KINDS.values() for name in one.__struct_fields__}
    assert set(CLASSES) <= fields
