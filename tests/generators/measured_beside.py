"""Records that stand beside the calls, with gaps in every field, to try the measures on."""

from __future__ import annotations

from random import Random

from tokometer.records import (
    ERRORS,
    Change,
    Commit,
    Document,
    ErrorDetail,
    KnowledgeBase,
    LogLine,
    ModelOnOffer,
    Record,
    Score,
    Step,
)


def beside(random: Random, i: int, when: int) -> list[Record]:
    """One record of each kind, the same for the same state of `random`."""
    return [
        _log(random, i, when),
        _score(random, i, when),
        _model(random, i, when),
        _base(random, i, when),
        _document(random, i, when),
        _error(random, i, when),
        _step(random, i, when),
        *_work(i, when),
    ]


def _maybe(random: Random, low: int, high: int, known: float = 0.8) -> int | None:
    return random.randint(low, high) if random.random() < known else None


def _log(random: Random, i: int, when: int) -> LogLine:
    return LogLine(
        source="own",
        native_id=f"log-{i}",
        started_at=when,
        workspace=random.choice(("default", "default", "other")),
        message=random.choice(("Request took long", "Cache miss")),
        level=random.choice(("trace", "debug", "info", "info", "warning", "error", "fatal")),
        logger=random.choice(("app.cache", "app.http", "")),
        error_type=random.choice(("", "TimeoutError")),
        route=random.choice(("/chat", "")),
        duration_us=_maybe(random, 0, 60_000_000),
        session_id=random.choice(("", "s1", "s2")),
    )


def _score(random: Random, i: int, when: int) -> Score:
    # Quarters add up exactly, in whatever order.
    value = random.randint(0, 20) / 4 if random.random() < 0.8 else None
    return Score(
        source="own",
        native_id=f"score-{i}",
        started_at=when,
        name=random.choice(("helpfulness", "tone")),
        value=value,
        text="" if value is not None else random.choice(("kind", "rude")),
        type="number" if value is not None else "category",
        target=random.choice(("call", "session", "run", "trace")),
        author_type=random.choice(("human", "model", "code", "")),
        model=random.choice(("gpt-5", "")),
        agent=random.choice(("coder", "")),
    )


def _model(random: Random, i: int, when: int) -> ModelOnOffer:
    return ModelOnOffer(
        source="own",
        native_id=f"model-{i}",
        started_at=when,
        provider=random.choice(("ollama", "openai", "vllm")),
        model=f"model-{i % 7}",
        family=random.choice(("llama", "")),
        size_bytes=_maybe(random, 0, 10**11),
        parameters=_maybe(random, 0, 10**12),
        context_window=_maybe(random, 0, 2_000_000),
        tools=random.choice(("yes", "no", "")),
        installed=random.choice(("yes", "no", "")),
    )


def _work(i: int, when: int) -> list[Record]:
    # Told by its number, so that what others are told of stays as it was.
    random = Random(i)
    workspace, repository = random.choice(("default", "other")), random.choice(("acme/shop", "acme/site"))
    state = random.choice(("open", "merged", "merged", "closed"))
    change = Change(
        source="own",
        native_id=f"change-{i}",
        started_at=when,
        workspace=workspace,
        repository=repository,
        number=str(i),
        branch=random.choice(("main", "feature/x", "fix/ABC-7", "")),
        target_branch="main",
        state=state,  # type: ignore[arg-type]
        refs=random.choice(("", "7")),
        opened_at=random.choice((when - 10**9, None)),
        merged_at=when if state == "merged" else None,
        closed_at=when if state == "closed" else None,
        commits=_maybe(random, 0, 9),
        lines_added=_maybe(random, 0, 900),
    )
    commit = Commit(
        source="own",
        native_id=f"commit-{i}",
        started_at=when,
        workspace=workspace,
        repository=repository,
        sha=f"{i:040x}",
        number=str(i) if i % 3 else "",
        branch=change.branch,
        agent=random.choice(("codex", "")),
        session_id=random.choice(("", "s1", "s2")),
        lines_added=_maybe(random, 0, 900),
    )
    return [change, commit]


def _step(random: Random, i: int, when: int) -> Step:
    return Step(
        source="otlp",
        native_id=f"step-{i}",
        started_at=when,
        workspace=random.choice(("default", "default", "other")),
        name=random.choice(("RunnableSequence", "retrieve", "")),
        type=random.choice(("chain", "task", "retriever", "bridge")),
        status=random.choice(("ok", "ok", "error", "cancelled", "unknown")),
        duration_us=_maybe(random, 0, 60_000_000),
        session_id=random.choice(("", "s1", "s2")),
        agent=random.choice(("coder", "")),
        project=random.choice(("web", "")),
    )


def _base(random: Random, i: int, when: int) -> KnowledgeBase:
    return KnowledgeBase(
        source="own",
        native_id=f"base-{i}",
        started_at=when,
        name=f"base-{i % 5}",
        documents=_maybe(random, 0, 900),
        chunks=_maybe(random, 0, 90_000),
        tokens=_maybe(random, 0, 90_000_000),
        size_bytes=_maybe(random, 0, 10**12),
        embedding_model=random.choice(("embed-1", "")),
    )


def _document(random: Random, i: int, when: int) -> Document:
    return Document(
        source="own",
        native_id=f"document-{i}",
        started_at=when,
        knowledge_base=f"base-{i % 5}",
        title=f"Über {i % 11}",
        path=f"/docs/{i}",
        status=random.choice(("indexed", "indexed", "pending", "failed", "removed", "unknown")),
        chunks=_maybe(random, 0, 900),
        tokens=_maybe(random, 0, 90_000),
        size_bytes=_maybe(random, 0, 10**9),
        duration_us=_maybe(random, 0, 60_000_000),
    )


def _error(random: Random, i: int, when: int) -> ErrorDetail:
    return ErrorDetail(
        source="own",
        native_id=f"error-{i}",
        started_at=when,
        message=random.choice(("Too many requests", "No answer")),
        error_type=random.choice(("RateLimitError", "")),
        status=random.choice(ERRORS),
        stack_trace=random.choice(("", "Traceback …")),
        request=random.choice(("", "", "{}")),
        response=random.choice(("", "{}")),
        provider=random.choice(("openai", "")),
        model=random.choice(("gpt-5", "")),
    )
