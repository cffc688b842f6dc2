"""What the demo says beside its calls: log lines, scores, details of errors, models and knowledge."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import mean
from typing import TypeVar

import pytest

from generators.demo_history import CALLS, DAYS, NOW, records
from tokometer.demo import generate
from tokometer.demo.incidents import incidents
from tokometer.demo.models import MODELS
from tokometer.demo.rhythm import DAY
from tokometer.prices import PriceBook
from tokometer.records import (
    ERRORS,
    PARTS,
    QUANTITIES,
    TOPICS,
    Document,
    ErrorDetail,
    KnowledgeBase,
    LogLine,
    ModelCall,
    ModelOnOffer,
    Record,
    Score,
)

R = TypeVar("R", bound=Record)


def of(history: Sequence[Record], kind: type[R]) -> list[R]:
    """The records of one kind."""
    return [record for record in history if isinstance(record, kind)]


def test_log_lines_are_of_the_days_for_which_they_are_kept(history: Sequence[Record]) -> None:
    """Of every level, and more of them while a provider is in trouble."""
    lines = of(history, LogLine)
    assert all(NOW - 14 * DAY <= line.started_at <= NOW for line in lines)
    assert {line.level for line in lines} == {"trace", "debug", "info", "warning", "error", "fatal"}
    for trouble in incidents(NOW - DAYS * DAY, NOW):
        about = [line for line in lines if line.provider == trouble.provider and line.logger == "gateway.circuit"]
        assert [line.level for line in about] == ["warning", "fatal", "info", "info"]
        during = sum(trouble.start <= line.started_at < trouble.end for line in lines)
        before = sum(trouble.start - DAY <= line.started_at < trouble.end - DAY for line in lines)
        assert during > 2 * before


def test_failures_are_logged_and_some_have_details(history: Sequence[Record]) -> None:
    """Each detail is of a call that failed, and says the same of it."""
    calls = {call.native_id: call for call in of(history, ModelCall)}
    details = of(history, ErrorDetail)
    logged = {line.call_id for line in of(history, LogLine) if line.error_type}
    recent = [call for call in calls.values() if call.status in ERRORS and call.started_at > NOW - 13 * DAY]
    assert {call.native_id for call in recent} <= logged
    assert 20 < len(details) < len(recent)
    for detail in details:
        call = calls[detail.call_id]
        assert (detail.status, detail.model, detail.trace_id) == (call.status, call.model, call.trace_id)
        assert detail.started_at > NOW - 8 * DAY
        # What was sent has the key masked; what came back is there where anything did.
        assert json.loads(detail.request)["headers"]["authorization"] in (f"Bearer {call.api_key}", "Bearer …")
        assert bool(detail.response) == (call.http_status is not None)
    assert {detail.error_type for detail in details} >= {"RateLimitError", "APITimeoutError"}
    assert any("Traceback" in detail.stack_trace for detail in details)
    assert any(not detail.stack_trace for detail in details)


def test_scores_tell_models_apart(history: Sequence[Record]) -> None:
    """Numbers, yes and no, and words, of calls, sessions and runs; a model's mean stays what it is."""
    scores = of(history, Score)
    assert {score.type for score in scores} == {"number", "boolean", "category"}
    assert {score.target for score in scores} >= {"call", "session", "run"}
    assert {score.author_type for score in scores} == {"human", "model", "code"}
    assert all((score.value is None) == (score.type == "category") == bool(score.text) for score in scores)
    faithful: defaultdict[str, list[float]] = defaultdict(list)
    for score in scores:
        if score.name == "faithfulness":
            assert score.value is not None
            assert 0 <= score.value <= 1
            faithful[score.model].append(score.value)
    means = [mean(values) for values in faithful.values() if len(values) >= 5]
    assert len(means) >= 3
    assert max(means) - min(means) > 0.03
    stars = {score.value for score in scores if score.name == "helpfulness"}
    assert stars <= {1.0, 2.0, 3.0, 4.0, 5.0}
    calls = {call.native_id for call in of(history, ModelCall)}
    assert all(score.call_id in calls for score in scores if score.target == "call")


def test_every_model_is_on_offer(history: Sequence[Record]) -> None:
    """With when it was last used; the company's own are installed, one of them unused, one arriving."""
    models = of(history, ModelOnOffer)
    offered = {(model.provider, model.model): model for model in models}
    assert len(offered) == len(models)
    assert {(model.provider, model.id) for model in MODELS} < set(offered)
    used: dict[tuple[str, str], int] = {}
    for call in [call for call in of(history, ModelCall) if call.model]:
        key = (call.provider, call.model)
        used[key] = max(used.get(key, 0), call.started_at)
    assert {key: offered[key].last_used_at for key in used} == used
    ollama = [model for model in models if model.provider == "ollama"]
    assert {model.installed for model in ollama} == {"yes", "no"}
    assert {model.tools for model in ollama} == {"yes", "no"}
    assert [model.progress for model in ollama if model.status == "downloading"] == [0.42]
    assert any(model.installed == "yes" and model.last_used_at is None for model in ollama)
    assert all(model.size_bytes and model.quantisation and model.parameters for model in ollama)


def test_knowledge_bases_and_the_documents_of_two(history: Sequence[Record]) -> None:
    """Every base that calls draw on; of two also their documents, a few of which could not be indexed."""
    bases = {base.name: base for base in of(history, KnowledgeBase)}
    assert {call.knowledge_base for call in of(history, ModelCall)} - {""} <= set(bases)
    documents = of(history, Document)
    counts = Counter(document.knowledge_base for document in documents)
    assert len(counts) == 2
    assert counts == {name: bases[name].documents for name in counts}
    assert {document.status for document in documents} == {"indexed", "failed", "pending", "removed"}
    assert all(bool(document.error_message) == (document.status == "failed") for document in documents)
    chunks = sum(document.chunks or 0 for document in documents)
    assert 0.7 < chunks / sum(bases[name].chunks or 0 for name in counts) < 1.4


def test_calls_have_places_labels_and_more_than_text(history: Sequence[Record]) -> None:
    """Machines, accounts, regions, tiers, images, recordings and searches, each on some calls, and possible ones."""
    calls = of(history, ModelCall)
    assert len({call.machine for call in calls}) > 20
    assert {call.account for call in calls if call.source == "claude_code"} == {"halyard-team"}
    assert len({call.region for call in calls}) >= 5
    assert {call.service_tier for call in calls} >= {"", "batch", "flex", "priority"}
    assert {key for call in calls for key in call.labels or {}} == {"feature", "plan", "channel", "experiment"}
    parts = {name for call in calls for name in call.parts or {}}
    assert parts == {"input_image", "input_audio"}
    for call in calls:
        for name, tokens in (call.parts or {}).items():
            assert 0 < tokens <= getattr(call, PARTS[name])
        assert set(call.quantities or {}) <= set(QUANTITIES)
    assert 0.001 < sum(call.quantities is not None for call in calls) / CALLS < 0.2
    by_session: defaultdict[str, set[str]] = defaultdict(set)
    for call in calls:
        if call.source in ("claude_code", "codex"):
            by_session[call.parent_session_id or call.session_id].add(call.machine)
    assert max(map(len, by_session.values())) == 1


def test_something_was_not_understood(book: PriceBook) -> None:
    """So that the page that lists it has something to list."""
    notices = [notice for batch in generate(2, 50, 1, NOW, "elsewhere", book=book) for notice in batch.notices]
    assert {notice.topic for notice in notices} <= set(TOPICS)
    assert {notice.workspace for notice in notices} == {"elsewhere"}
    assert len(notices) >= 3


@pytest.mark.parametrize("calls", [0, 1])
def test_a_small_demo_still_says_what_there_is(book: PriceBook, calls: int) -> None:
    """Models and knowledge are there from the start."""
    kinds = Counter(record.kind for record in records(book, calls=calls, days=1))
    assert kinds["models"] == len(MODELS) + 2
    assert kinds["knowledge_bases"] >= 8
    assert kinds["documents"] > 100
