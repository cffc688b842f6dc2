"""What senders may say of log lines, scores, models, knowledge and errors."""

from __future__ import annotations

from typing import Any

import pytest

from tokometer.records import Document, ErrorDetail, LogLine, ModelOnOffer, Record, RecordError, Score, merge
from tokometer.records.gate import admit
from tokometer.records.wire import record_from

AT = "2026-11-20T10:00:00Z"
NOW = 1_795_320_000_000_000


def record(kind: str, bodies: bool = False, **given: Any) -> Any:
    """The record that these fields mean."""
    return record_from(kind, {"started_at": AT, **given}, bodies=bodies)


@pytest.mark.parametrize(
    ("said", "level"),
    [("WARN", "warning"), ("Information", "info"), ("critical", "fatal"), ("err", "error"), ("silly", "trace")],
)
def test_levels_have_many_names(said: str, level: str) -> None:
    """The words of common libraries mean one of ours."""
    assert record("logs", message="m", severity=said).level == level


@pytest.mark.parametrize("said", ["loud", 20, True])
def test_what_is_no_level_is_refused(said: object) -> None:
    """A number is: 20 is INFO to one library and an error to another."""
    with pytest.raises(RecordError, match="level"):
        record("logs", message="m", level=said)


def test_a_log_line_is_cut_and_redacted() -> None:
    """Its message is like an error's; its provider gets its slug."""
    line = record("logs", message="password=hunter22 " + "x" * 900, provider="OpenAI", duration_ms=1.5)
    [line] = admit([line], "POST /api/records/logs").records
    assert isinstance(line, LogLine)
    assert line.message.startswith("password=… xx")
    assert len(line.message) == 500
    assert (line.level, line.provider, line.duration_us) == ("info", "openai", 1_500)


@pytest.mark.parametrize(
    ("given", "value", "text", "type_"),
    [
        ({"value": 0}, 0.0, "", "number"),
        ({"value": 0.25}, 0.25, "", "number"),
        ({"value": True}, 1.0, "", "boolean"),
        ({"score": False}, 0.0, "", "boolean"),
        ({"value": "kind"}, None, "kind", "category"),
        ({"value": 1, "label": "good", "data_type": "CATEGORICAL"}, 1.0, "good", "category"),
        ({"value": 1, "data_type": "boolean"}, 1.0, "", "boolean"),
    ],
)
def test_verdicts(given: dict[str, Any], value: float | None, text: str, type_: str) -> None:
    """Numbers, yes and no, and words."""
    score = record("scores", name="tone", **given)
    assert isinstance(score, Score)
    assert (score.value, score.text, score.type) == (value, text, type_)


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ({}, ""),
        ({"trace_id": "t"}, "trace"),
        ({"trace_id": "t", "session_id": "s"}, "session"),
        ({"trace_id": "t", "session_id": "s", "run_id": "r"}, "run"),
        ({"trace_id": "t", "session_id": "s", "run_id": "r", "observation_id": "c"}, "call"),
        ({"trace_id": "t", "session_id": "s", "target": "trace"}, "trace"),
        ({"trace_id": "t", "target": "generation"}, "call"),
    ],
)
def test_what_is_judged_is_told_from_the_ids(given: dict[str, Any], target: str) -> None:
    """The narrowest, unless the sender says."""
    assert record("scores", name="n", value=1, **given).target == target


@pytest.mark.parametrize("given", [{}, {"value": None}, {"value": ""}, {"value": float("nan")}, {"value": [1]}])
def test_a_score_without_a_verdict_is_refused(given: dict[str, Any]) -> None:
    """There is nothing to add up."""
    with pytest.raises(RecordError, match="value"):
        record("scores", name="n", **given)


def test_a_model_on_offer() -> None:
    """As Ollama lists it, more or less."""
    model = record(
        "models",
        provider="Ollama",
        name="llama3.1:8b",
        size=4_920_753_328,
        parameter_size="8.0B",
        quantization_level="Q4_K_M",
        context_length=131_072,
        supports_tools=True,
        supports_vision="false",
        installed="yes",
        last_used_at=1_795_000_000,
        hostname="atlas",
    )
    assert isinstance(model, ModelOnOffer)
    assert (model.provider, model.family, model.parameters, model.size_bytes) == (
        "ollama",
        "llama",
        8 * 10**9,
        4920753328,
    )
    assert (model.tools, model.vision, model.installed, model.quantisation) == ("yes", "no", "yes", "Q4_K_M")
    assert model.last_used_at == 1_795_000_000_000_000
    assert model.machine == "atlas"


@pytest.mark.parametrize(("said", "meant"), [("137M", 137_000_000), ("1.5b", 1_500_000_000), (7, 7), ("7", 7)])
def test_parameters(said: object, meant: int) -> None:
    """Counted, or as people write them."""
    assert record("models", provider="x", model="m", parameters=said).parameters == meant


@pytest.mark.parametrize("given", [{"parameters": "manyB"}, {"progress": 1.5}, {"tools": "perhaps"}])
def test_impossible_models_are_refused(given: dict[str, Any]) -> None:
    """By the field's name."""
    with pytest.raises(RecordError, match=next(iter(given))):
        record("models", provider="x", model="m", **given)


@pytest.mark.parametrize(
    ("kind", "given", "other"),
    [
        ("models", {"provider": "ollama", "model": "m"}, {"machine": "b"}),
        ("knowledge_bases", {"name": "handbook"}, {"environment": "staging"}),
        ("documents", {"knowledge_base": "handbook", "title": "a.md"}, {"path": "/x/a.md"}),
    ],
)
def test_what_there_is_is_one_record_as_last_told(kind: str, given: dict[str, Any], other: dict[str, Any]) -> None:
    """Told again it is the same record; the later word counts, whichever comes first, and so does its time."""
    first = record(kind, **given, status="pending" if kind == "documents" else "building", size_bytes=1)
    later: Record = record_from(kind, {**given, "size_bytes": 2, "started_at": "2026-11-21T10:00:00Z"})
    assert first.id == later.id
    assert first.id != record(kind, **given, **other).id
    for merged in (merge(first, later), merge(later, first)):
        assert merged.size_bytes == 2  # type: ignore[attr-defined]
        assert merged.started_at == later.started_at
        assert merged.status in ("building", "unknown", "pending")  # type: ignore[attr-defined]
    assert record(kind, id="mine", **given).native_id == "mine"


@pytest.mark.parametrize(
    ("said", "status"),
    [("processed", "indexed"), ("OK", "indexed"), ("error", "failed"), ("queued", "pending"), ("deleted", "removed")],
)
def test_states_of_documents(said: str, status: str) -> None:
    """By what others call them."""
    document = record("documents", knowledge_base="k", title="t", status=said)
    assert isinstance(document, Document)
    assert (document.status, document.path) == (status, "t")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"message": "no"}, "server_error"),
        ({"message": "no", "http_status": 429}, "rate_limit"),
        ({"message": "no", "error_type": "TimeoutError"}, "timeout"),
        ({"message": "no", "http_status": 200, "error_type": "TimeoutError"}, "timeout"),
        ({"message": "no", "status": "auth_error", "http_status": 500}, "auth_error"),
        ({"message": "no", "status": "ok"}, "server_error"),
    ],
)
def test_what_kind_of_failure_it_was(given: dict[str, Any], status: str) -> None:
    """As said, else told from the reply and the words; a detail of an error is never of a success."""
    assert record("error_details", **given).status == status


def test_bodies_are_left_out_unless_switched_on() -> None:
    """What was sent holds prompts: without the switch only the fields' names are noticed."""
    given = {"message": "no", "request": {"prompt": "a secret"}, "response_body": "another", "stack_trace": "at x"}
    left_out: set[str] = set()
    found = record_from("error_details", {"started_at": AT, **given}, left_out=left_out)
    assert isinstance(found, ErrorDetail)
    assert (found.request, found.response, found.stack_trace) == ("", "", "at x")
    assert left_out == {"request", "response"}
    kept = record("error_details", bodies=True, api_key="abcdefghijklmn", **given)
    assert (kept.request, kept.response) == ('{"prompt": "a secret"}', "another")
    assert kept.api_key == "…klmn"
