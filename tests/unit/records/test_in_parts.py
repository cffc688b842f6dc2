"""Records that are told in parts become one, whatever part comes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokometer.records import AgentRun, ModelCall, ToolCall, merge
from tokometer.records.record import IN_PARTS


def part(order: int, started_at: int, **fields: object) -> ModelCall:
    """A part of a call, the `order`-th that was told."""
    made: dict[str, object] = {"source": "s", "native_id": "1", "started_at": started_at, "revision": IN_PARTS + order}
    return ModelCall(**(made | fields))  # type: ignore[arg-type]


def test_durations_count_from_the_earlier_start() -> None:
    """An end that was told from a later start is moved to the earlier one."""
    begun, ended = part(1, 1_000), part(2, 5_000, latency_us=500, ttft_us=0, latency_estimated=True)
    for one, other in ((begun, ended), (ended, begun)):
        call = merge(one, other)
        assert (call.started_at, call.latency_us, call.ttft_us, call.latency_estimated) == (1_000, 4_500, 4_000, False)


def test_what_is_at_its_default_is_not_told() -> None:
    """The later part counts where it says something, and the earlier one where it does not."""
    first = part(1, 0, model="a", operation="embeddings", user="ada", labels={"x": "1", "y": "1"})
    second = part(2, 0, model="b", input_tokens=5, labels={"y": "2"})
    for one, other in ((first, second), (second, first)):
        call = merge(one, other)
        assert (call.model, call.operation, call.user, call.input_tokens) == ("b", "embeddings", "ada", 5)
        assert call.labels == {"x": "1", "y": "2"}


def test_counts_are_told_at_once() -> None:
    """A part that says what was used says all of it: what an earlier one told beside that is none of it."""
    first = part(1, 0, input_tokens=600, cache_read_tokens=400, output_tokens=1, parts={"input_audio": 5})
    second = part(2, 0, input_tokens=1_000, output_tokens=200)
    third = part(3, 0, stop_reason="stop")
    for one, other in ((first, second), (second, first)):
        call = merge(merge(one, other), third)
        assert (call.input_tokens, call.cache_read_tokens, call.output_tokens, call.parts) == (1_000, None, 200, None)


def test_prices_of_parts_are_nobodys() -> None:
    """What was worked out of one part alone is forgotten, to be worked out again."""
    first = part(1, 0, model="a", price_version="v", price_basis="unpriced:no-usage")
    call = merge(first, part(2, 0, input_tokens=5, price_version="v", price_basis="unpriced:no-model"))
    assert (call.cost_priced, call.price_version, call.price_basis) == (None, "", "")


def test_other_kinds() -> None:
    """Names that have to be there and words for what is not known are filled in as well."""
    told = {"source": "s", "native_id": "1"}
    first = ToolCall(**told, started_at=0, revision=IN_PARTS, name="find")  # type: ignore[arg-type]
    second = ToolCall(**told, started_at=7, revision=IN_PARTS + 1, name="", status="ok", duration_us=3)  # type: ignore[arg-type]
    tool = merge(second, first)
    assert (tool.name, tool.status, tool.duration_us) == ("find", "ok", 10)
    run = merge(
        AgentRun(**told, started_at=0, revision=IN_PARTS, agent="a", status="error"),  # type: ignore[arg-type]
        AgentRun(**told, started_at=0, revision=IN_PARTS + 1, agent="", status="ok", ended_at=9),  # type: ignore[arg-type]
    )
    assert (run.agent, run.status, run.ended_at) == ("a", "error", 9)


@given(st.permutations(range(4)), st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_order_does_not_matter(order: list[int], starts: list[int]) -> None:
    """Of parts that each know something else, every order comes to the same."""
    facts: list[dict[str, object]] = [
        {"model": "m"},
        {"input_tokens": 5, "output_tokens": 7},
        {"latency_us": 3},
        {"status": "timeout", "error_message": "late"},
    ]
    parts = [part(at, start, **known) for at, (start, known) in enumerate(zip(starts, facts, strict=True))]

    def merged(places: list[int]) -> ModelCall:
        call = parts[places[0]]
        for place in places[1:]:
            call = merge(call, parts[place])
        return call

    assert merged(order) == merged([0, 1, 2, 3])
