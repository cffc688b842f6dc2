"""Tests of tokometer.sources.prometheus.scrape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.sources.prometheus import BEGIN, DCGM, EXAMPLES, LITELLM, MINUTE, OPEN_METRICS, TEXT, VLLM, text
from tokometer.conformance import Answers
from tokometer.records import Sample
from tokometer.records.gate import admit
from tokometer.sources.prometheus.scrape import Scrape
from tokometer.sources.protocol import Fetched, PollError, Reading, Target

SECOND = 1_000_000
TARGET = Target("vllm", "http://gpu-01:8000/metrics", 15.0)


def scraped(
    text: str,
    at: int = BEGIN,
    state: bytes = b"",
    poll: Scrape | None = None,
    target: Target = TARGET,
    media: str = TEXT,
) -> Reading:
    """What a scrape of this text gives."""

    def fetch(*_: Any, **__: Any) -> Fetched:
        return Fetched(200, text.encode(), media)

    return (poll or Scrape()).read(target, state, fetch, at)


def told(reading: Reading) -> list[tuple[str, float, int]]:
    """The samples: metric, value, seconds since BEGIN."""
    samples = [record for record in reading.records if isinstance(record, Sample)]
    return [(sample.metric, sample.value, (sample.started_at - BEGIN) // SECOND) for sample in samples]


_ANSWERS = [example for example in EXAMPLES if isinstance(example, Answers)]


@pytest.mark.parametrize("example", _ANSWERS, ids=[example.name for example in _ANSWERS])
def test_every_dialect(example: Answers) -> None:
    """Every exporter's answers give the right number of samples, twice the same from the same state, and no refusal."""
    poll, state, count = Scrape(), b"", 0
    for answer, clock in zip(example.polls, example.clocks, strict=True):
        readings = [poll.read(example.target, state, lambda *_, a=answer, **__: a[""], clock) for _ in range(2)]
        assert readings[0].records == readings[1].records
        assert not readings[0].refusals
        state, count = readings[0].state, count + len(readings[0].records)
    assert count == example.totals["samples"]


def test_meaning_of_vllm() -> None:
    """Metrics get their standard name and unit, and labels their fields; the newer of two names holds."""
    text = (
        'vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.1\n'
        'vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.2\n'
        'vllm:generation_tokens_total{engine="0",model_name="m"} 7\n'
    )
    cache, tokens = scraped(text).records
    assert isinstance(cache, Sample)
    assert isinstance(tokens, Sample)
    assert (cache.metric, cache.value, cache.unit, cache.mode) == ("server.kv_cache.used", 0.2, "1", "gauge")
    assert (tokens.metric, tokens.value, tokens.mode) == ("server.tokens.generated", 7.0, "counter")
    assert (tokens.model, tokens.provider, tokens.host) == ("m", "vllm", "gpu-01")
    assert tokens.labels == {"engine": "0", "instance": "gpu-01:8000"}


def test_colons_that_were_escaped() -> None:
    """Clients that write a colon as an underscore mean the same; what is passed over is so under either name."""
    reading = scraped("vllm_num_requests_running 1\nvllm_cache_config_info 1\nsglang_num_queue_reqs 2\n")
    assert told(reading) == [("server.requests.running", 1, 0), ("server.queue.waiting", 2, 0)]
    assert not reading.notices


def test_counters_are_kept_when_they_change() -> None:
    """One that stands still is left out; when it grows, what it stood at until then is kept with it."""
    poll, state, found = Scrape(), b"", []
    for step, value in enumerate((5, 5, 5, 8, 8, 2)):
        reading = scraped(f"vllm:prompt_tokens_total {value}\n", BEGIN + step * 15 * SECOND, state, poll)
        state = reading.state
        found += told(reading)
    name = "server.tokens.prompt"
    assert found == [(name, 5, 0), (name, 5, 30), (name, 8, 45), (name, 8, 60), (name, 2, 75)]


def test_what_appears_began_at_nothing() -> None:
    """A series that was not there at the reading before stood at 0 then; at the first reading nothing is known."""
    poll = Scrape()
    first = scraped('vllm:request_success_total{finished_reason="stop"} 4\n', BEGIN, b"", poll)
    text = (
        'vllm:request_success_total{finished_reason="stop"} 4\nvllm:request_success_total{finished_reason="abort"} 1\n'
    )
    assert told(first) == [("server.requests", 4, 0)]
    assert told(scraped(text, BEGIN + 15 * SECOND, first.state, poll)) == [
        ("server.requests", 0, 0),
        ("server.requests", 1, 15),
    ]


def test_histograms_have_counts_of_their_own() -> None:
    """Of what is below a bound becomes what is in a bucket, once a minute."""
    text = "".join(
        f'vllm:time_to_first_token_seconds_bucket{{le="{bound}"}} {count}\n'
        for bound, count in (("0.1", 2), ("0.5", 2), ("1.0", 7), ("+Inf", 8))
    )
    text += "vllm:time_to_first_token_seconds_sum 9.5\nvllm:time_to_first_token_seconds_count 8\n"
    poll = Scrape()
    first = scraped(text, BEGIN, b"", poll)
    buckets = {
        (record.labels or {})["bucket"]: record.value
        for record in first.records
        if isinstance(record, Sample) and record.metric == "server.ttft_bucket"
    }
    assert buckets == {"0.1": 2, "0.5": 0, "1": 5, "+Inf": 1}
    assert ("server.ttft_sum", 9.5, 0) in told(first)
    later = scraped(text.replace(" 8\n", " 9\n"), BEGIN + 15 * SECOND, first.state, poll)
    assert told(later) == []
    assert ("server.ttft_bucket", 2, 60) in told(
        scraped(text.replace(" 8\n", " 9\n"), BEGIN + MINUTE, later.state, poll)
    )


def test_blanks_around_a_line_are_none_of_it() -> None:
    """The text format ignores them, before and behind."""
    reading = scraped(' \tvllm:num_requests_running 1 \n  vllm:num_requests_waiting{model_name="x"}  2\r\n')
    assert [(metric, value) for metric, value, _ in told(reading)] == [
        *(("server.requests.running", 1), ("server.queue.waiting", 2))
    ]
    assert not reading.refusals


def test_broken_lines_are_refused_one_by_one() -> None:
    """What cannot be read, and what stands twice, is refused with its line; the others count."""
    text = (
        'vllm:num_requests_running 1\nvllm:num_requests_waiting{x="} 2\n'
        "vllm:num_requests_running 3\nvllm:num_preemptions_total 1e\nvllm:prompt_tokens_total -5\n"
    )
    reading = scraped(text)
    assert told(reading) == [("server.requests.running", 1, 0)]
    assert [(refusal.position, refusal.reason) for refusal in reading.refusals] == [
        (2, "line 2 has labels that cannot be read"),
        (3, "line 3 stands twice"),
        (4, "line 4 has a value that is not a number"),
        (5, "line 5 is a counter below zero"),
    ]


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("vllm:num_requests_running 1\nvllm:num_requests_waiting 12", TEXT),
        ("vllm:num_requests_running 1\n", OPEN_METRICS),
        ("<html>\n", TEXT),
        ("vllm:num_requests_running 1\n", "text/html"),
        ("", OPEN_METRICS),
    ],
)
def test_what_is_no_answer(text: str, media: str) -> None:
    """An answer that was cut off, or is somebody else's page, counts not at all."""
    with pytest.raises(PollError):
        scraped(text, media=media)


def test_times_of_the_exporter() -> None:
    """A time that the exporter says is the reading's."""
    assert told(scraped(f"vllm:num_requests_running 1 {BEGIN // 1000 - 3000}\n")) == [
        ("server.requests.running", 1, -3)
    ]


def test_what_nobody_reads_is_noticed_once() -> None:
    """A metric that no rule reads is counted by its name at the first reading, and when it is new."""
    poll = Scrape()
    first = scraped("mystery_total 1\nup 1\nupstream_requests 4\nvllm:num_requests_running 1\n", BEGIN, b"", poll)
    assert [(notice.topic, notice.name) for notice in first.notices] == [
        ("metric", "mystery_total"),
        ("metric", "upstream_requests"),
    ]
    second = scraped("mystery_total 1\nnewer 1\nvllm:num_requests_running 1\n", BEGIN + MINUTE, first.state, poll)
    assert [notice.name for notice in second.notices] == ["newer"]


_TEXT = text([*VLLM, *LITELLM, *DCGM], 0).decode()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_hostile_answers(data: st.DataObject) -> None:
    """Whatever an exporter says: it is no exposition, or its lines are refused or believed; nothing else happens."""
    content = list(_TEXT)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[at] = data.draw(st.characters())
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    try:
        reading = scraped("".join(content[begin:end]) + data.draw(st.sampled_from(["\n", ""])))
    except PollError:
        return
    assert not admit(reading.records, "x", now=BEGIN + MINUTE).refusals


def test_options_that_mean_nothing() -> None:
    """A mapping to a name that is none says so."""
    target = Target("x", "http://x/metrics", 15.0, {"metric.a": "no.such"})
    with pytest.raises(PollError, match="no standard metric"):
        scraped("a 1\n", target=target)
