"""What is scraped of servers, GPUs and a gateway is what the judgements and panels of them show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Question, Result, answer
from tokometer.records.gate import admit
from tokometer.settings import Device, ModelFacts, Settings
from tokometer.sources.prometheus.scrape import Scrape
from tokometer.sources.protocol import Fetched, Target

NOW = datetime(2026, 11, 27, 11, 0, 10, tzinfo=UTC)
MINUTES = 30
SETTINGS = Settings(
    models=(ModelFacts(match="qwen332b", active_parameters=3.2e10),),
    devices=(Device(match="H100", peak_tflops=989.4),),
)
_VLLM = 'engine="0",model_name="Qwen/Qwen3-32B"'
_GPU = 'gpu="0",UUID="GPU-1",device="nvidia0",modelName="NVIDIA H100 80GB HBM3",Hostname="atlas-07"'


def _vllm(minute: int) -> str:
    """A server that works on 6,000 prompt tokens a minute, half of which its cache has, and generates 1,200."""
    lines = [
        f"vllm:prompt_tokens_total{{{_VLLM}}} {1_000 + 6_000 * minute}",
        f"vllm:prefix_cache_hits_total{{{_VLLM}}} {3_000 * minute}",
        f"vllm:generation_tokens_total{{{_VLLM}}} {1_200 * minute}",
        f"vllm:num_requests_running{{{_VLLM}}} 4",
        f"vllm:num_requests_waiting{{{_VLLM}}} {minute % 2}",
        f"vllm:kv_cache_usage_perc{{{_VLLM}}} 0.25",
        f"vllm:request_prefill_time_seconds_sum{{{_VLLM}}} {1.5 * minute}",
        f"vllm:request_decode_time_seconds_sum{{{_VLLM}}} {24 * minute}",
    ]
    for bound, share in (("0.1", 0), ("0.2", 5), ("0.4", 10), ("+Inf", 10)):
        lines.append(f'vllm:time_to_first_token_seconds_bucket{{{_VLLM},le="{bound}"}} {share * minute}')
    return "\n".join([*lines, ""])


def _dcgm(_: int) -> str:
    return (
        f"DCGM_FI_DEV_GPU_UTIL{{{_GPU}}} 80\nDCGM_FI_DEV_POWER_USAGE{{{_GPU}}} 600\n"
        f"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{{{_GPU}}} 0.4\n"
    )


def _litellm(minute: int) -> str:
    """Two deployments at OpenAI, one in cooldown for the last ten minutes; one at Anthropic, which is well."""
    state = 2 if minute >= MINUTES - 10 else 0
    told = (("openai", "a", state), ("openai", "b", 0), ("anthropic", "c", 0))
    counts = "".join(
        f'litellm_deployment_{what}{{litellm_model_name="m",model_id="a",api_provider="openai"}} {value}\n'
        for what, value in (("total_requests_total", 20 * minute), ("failure_responses_total", 2 * minute))
    )
    fallbacks = (
        f'litellm_deployment_successful_fallbacks_total{{requested_model="m",fallback_model="n"}} {minute}\n'
        'litellm_remaining_requests_metric{model_group="m",api_provider="openai",litellm_model_name="m"} 70\n'
        f'litellm_remaining_team_budget_metric{{team="t1",team_alias="research"}} {100 - minute}\n'
        'litellm_team_max_budget_metric{team="t1",team_alias="research"} 100\n'
    )
    return f"{counts}{fallbacks}" + "".join(
        f'litellm_deployment_state{{litellm_model_name="m",model_id="{name}",api_provider="{provider}"}} {value}\n'
        for provider, name, value in told
    )


_TARGETS = (
    (Target("vllm", "http://atlas-07:8000/metrics", 60.0), _vllm),
    (Target("gpus", "http://10.0.0.7:9400/metrics", 60.0), _dcgm),
    (Target("gateway", "http://gateway:4000/metrics", 60.0), _litellm),
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with half an hour of scrapes, once a minute."""
    found = DuckDBLedger(Path(tmp_path_factory.mktemp("scraped")) / "ledger.duckdb")
    poll, states = Scrape(), dict.fromkeys((target.name for target, _ in _TARGETS), b"")
    for minute in range(MINUTES + 1):
        clock = int((NOW - timedelta(minutes=MINUTES - minute)).timestamp()) * 1_000_000
        for target, says in _TARGETS:
            told = Fetched(200, says(minute).encode(), "text/plain; version=0.0.4")
            reading = poll.read(target, states[target.name], lambda *_, told=told, **__: told, clock)
            assert not reading.refusals
            states[target.name] = reading.state
            found.commit(Batch(records=admit(reading.records, target.url, now=clock).records))
    yield found
    found.close()


def _judged(ledger: Ledger, name: str, by: str = "") -> list[Mapping[str, Any]]:
    def ask(question: Question) -> Result:
        return answer(ledger, question, now=NOW)

    matter = Matter(by=by, since=(NOW - timedelta(minutes=MINUTES)).isoformat(), now=NOW)
    return judge(JUDGEMENTS[name], matter, SETTINGS, ask).rows


def test_compute(ledger: Ledger) -> None:
    """GPUs that name no model serve what the server on their host serves; MFU is by the server's tokens."""
    [row] = _judged(ledger, "compute")
    told = (row["utilisation"], row["power"], row["tensor_activity"], row["devices"])
    assert told == pytest.approx((0.8, 600.0, 0.4, 1))
    # 3,000 prompt tokens that no cache served and 1,200 generated ones a minute.
    assert row["tokens"] == 4_200 * MINUTES
    assert row["mfu"] == pytest.approx(2 * 3.2e10 * 70 / 989.4e12, rel=0.01)


def test_serving(ledger: Ledger) -> None:
    """Prefill and decode, latency, queue and cache of the server."""
    [row] = _judged(ledger, "serving", "model")
    assert row["model"] == "Qwen/Qwen3-32B"
    assert (row["prefill_rate"], row["decode_rate"]) == (pytest.approx(50, rel=0.01), pytest.approx(20, rel=0.01))
    assert (row["prefill_speed"], row["decode_speed"], row["cache_share"]) == (2_000.0, 50.0, 0.5)
    assert (row["ttft_p50"], row["serving"]) == (pytest.approx(0.2), pytest.approx(0.38))
    assert (row["running"], row["kv_cache"], row["servers"]) == (4.0, 0.25, 1)
    assert 0.4 < row["waiting"] < 0.6


def test_breaker(ledger: Ledger) -> None:
    """A gateway's deployments tell of their providers, although no call was recorded."""
    rows = {row["provider"]: row for row in _judged(ledger, "breaker", "provider")}
    assert (rows["openai"]["breaker"], rows["openai"]["origin"]) == ("HALF_OPEN", "reported")
    assert rows["openai"]["time_in_state"] == pytest.approx(600, abs=1)
    assert rows["anthropic"]["breaker"] == "CLOSED"


def test_gateway(ledger: Ledger) -> None:
    """What its deployments were asked, what failed, who answered instead, and what is still allowed."""
    [row] = _judged(ledger, "gateway", "model")
    assert (row["model"], row["tried"], row["failed"]) == ("m", 20 * MINUTES, 2 * MINUTES)
    assert (row["gateway"], row["taken_over"], row["instead"]) == (pytest.approx(0.1), MINUTES, "n")
    assert row["requests_left"] == 70


def test_gateway_budgets(ledger: Ledger) -> None:
    """What is left of a team's budget, by the name that people gave it."""
    [row] = _judged(ledger, "gateway_budgets", "")
    assert (row["of"], row["whose"], row["total"]) == ("research", "team", 100)
    assert (row["left"], row["state"]) == (100 - MINUTES, "lasts")
