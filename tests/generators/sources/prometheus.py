"""What exporters answer, in the shape of the real thing, each dialect in each of its generations.

Every family says how many samples are right of it: gauges one a reading; counters one a reading in which they have
changed (and one for what they stood at until then, where that was left out); histograms every minute the counts of
their buckets that are new or have changed, their sum and their count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from generators.remote_write import Written, version_1, version_2
from generators.remote_write import histogram as native
from tokometer.conformance import Answers, Requests
from tokometer.sources.protocol import Fetched, Target

#: 2026-11-27 10:00:05 UTC, in microseconds; readings are a minute apart.
BEGIN = 1_795_773_605_000_000
MINUTE = 60_000_000
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Family(NamedTuple):
    """One metric of an exporter over all readings of an example."""

    name: str
    type: str
    #: Labels as they are written, and what stood there at each reading.
    series: Sequence[tuple[str, Sequence[float | str]]]
    #: How many samples are right of it.
    right: int = 0


def one(name: str, kind: str, labels: str, values: Sequence[float | str], right: int = 0) -> Family:
    """A metric with one series."""
    return Family(name, kind, [(labels, values)], right)


def histogram(
    name: str, labels: str, bounds: Sequence[str], told: Sequence[tuple[Sequence[int], float]], right: int
) -> Family:
    """A histogram: at each reading how many were in each bucket, and their sum."""
    between = f"{labels}," if labels else ""
    series: list[tuple[str, Sequence[float | str]]] = []
    for at, bound in enumerate((*bounds, "+Inf")):
        series.append((f'_bucket{{{between}le="{bound}"}}', [float(sum(counts[: at + 1])) for counts, _ in told]))
    around = f"{{{labels}}}" if labels else ""
    series.append((f"_count{around}", [float(sum(counts)) for counts, _ in told]))
    series.append((f"_sum{around}", [total for _, total in told]))
    return Family(name, "histogram", series, right)


def text(families: Sequence[Family], at: int, *, end: str = "") -> bytes:
    """An answer in the text format."""
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} What it is.", f"# TYPE {family.name} {family.type}"]
        for labels, values in family.series:
            around = labels if family.type == "histogram" or not labels else f"{{{labels}}}"
            lines.append(f"{family.name}{around} {values[at]}")
    return ("\n".join(lines) + "\n" + end).encode()


def answers(
    name: str,
    url: str,
    families: Sequence[Family],
    options: Mapping[str, str] | None = None,
    media_type: str = TEXT,
    clocks: Sequence[int] = (BEGIN, BEGIN + MINUTE),
) -> Answers:
    """An example of these families."""
    end = "# EOF\n" if media_type == OPEN_METRICS else ""
    return Answers(
        name=name,
        target=Target(name, url, 15.0, options or {}),
        polls=[{"": Fetched(200, text(families, at, end=end), media_type)} for at in range(len(clocks))],
        totals={"samples": sum(family.right for family in families)},
        clocks=clocks,
    )


_V1 = 'engine="0",model_name="Qwen/Qwen3-32B"'
_V0 = 'model_name="meta-llama/Llama-3.1-8B-Instruct"'

VLLM = (
    Family(
        "python_gc_objects_collected_total",
        "counter",
        [('generation="0"', (8213.0, 8300.0)), ('generation="1"', (1044.0, 1060.0))],
    ),
    one("process_resident_memory_bytes", "gauge", "", (4.1e9, 4.2e9)),
    one("vllm:num_requests_running", "gauge", _V1, (3.0, 5.0), 2),
    one("vllm:num_requests_waiting", "gauge", _V1, (0.0, 2.0), 2),
    one("vllm:kv_cache_usage_perc", "gauge", _V1, (0.104, 0.22), 2),
    # Older dashboards ask for the old name: both are there, and mean the same.
    one("vllm:gpu_cache_usage_perc", "gauge", _V1, (0.104, 0.22)),
    one("vllm:prefix_cache_queries_total", "counter", _V1, (52_000.0, 61_000.0), 2),
    one("vllm:prefix_cache_hits_total", "counter", _V1, (20_000.0, 26_000.0), 2),
    # The exporter says it twice in other words, too.
    one("vllm:prompt_tokens_cached_total", "counter", _V1, (20_000.0, 26_000.0)),
    one("vllm:num_preemptions_total", "counter", _V1, (1.0, 1.0), 1),
    one("vllm:prompt_tokens_total", "counter", _V1, (52_000.0, 61_000.0), 2),
    one("vllm:prompt_tokens_created", "gauge", _V1, (1.7957e9, 1.7957e9)),
    one("vllm:generation_tokens_total", "counter", _V1, (8_100.0, 9_000.0), 2),
    Family(
        "vllm:request_success_total",
        "counter",
        [
            (f'{_V1},finished_reason="stop"', (120.0, 131.0)),
            (f'{_V1},finished_reason="length"', (4.0, 4.0)),
            (f'{_V1},finished_reason="abort"', (0.0, 0.0)),
        ],
        4,
    ),
    # A first reading has the two buckets that are counted in, with where each begins; then one has grown. Sum, count.
    histogram(
        "vllm:time_to_first_token_seconds",
        _V1,
        ("0.02", "0.04", "0.08", "0.1", "0.25"),
        [([0, 0, 30, 0, 94, 0], 18.5), ([0, 0, 30, 0, 105, 0], 20.75)],
        4 + 1 + 4,
    ),
    histogram(
        "vllm:request_prefill_time_seconds", _V1, ("0.3", "0.5"), [([120, 4, 0], 19.0), ([131, 4, 0], 20.0)], 2 + 1 + 4
    ),
    histogram(
        "vllm:request_decode_time_seconds",
        _V1,
        ("5.0", "10.0"),
        [([120, 4, 0], 310.0), ([131, 4, 0], 330.0)],
        2 + 1 + 4,
    ),
    histogram("vllm:iteration_tokens_total", _V1, ("1.0", "8.0"), [([1, 2, 0], 9.0), ([1, 3, 0], 12.0)], 0),
    one("vllm:cache_config_info", "gauge", 'block_size="16",cache_dtype="auto"', (1.0, 1.0)),
    one("http_requests_total", "counter", 'handler="/v1/chat/completions",method="POST",status="2xx"', (124.0, 135.0)),
)

VLLM_0 = (
    one("vllm:num_requests_running", "gauge", _V0, (1.0, 0.0), 2),
    one("vllm:num_requests_swapped", "gauge", _V0, (0.0, 0.0)),
    one("vllm:num_requests_waiting", "gauge", _V0, (0.0, 0.0), 2),
    one("vllm:gpu_cache_usage_perc", "gauge", _V0, (0.01, 0.0), 2),
    one("vllm:cpu_cache_usage_perc", "gauge", _V0, (0.0, 0.0)),
    one("vllm:prompt_tokens_total", "counter", _V0, (1_000.0, 1_500.0), 2),
    one("vllm:generation_tokens_total", "counter", _V0, (400.0, 460.0), 2),
    histogram(
        "vllm:time_per_output_token_seconds",
        _V0,
        ("0.01", "0.025"),
        [([300, 99, 0], 4.1), ([350, 109, 0], 4.6)],
        2 + 2 + 4,
    ),
    one("vllm:avg_generation_throughput_toks_per_s", "gauge", _V0, (31.2, 0.0), 2),
)

_SG = 'model_name="deepseek-ai/DeepSeek-V3",dp_rank="0",tp_rank="0",pp_rank="0",engine_type="unified"'
SGLANG = (
    one("sglang:prompt_tokens_total", "counter", 'model_name="deepseek-ai/DeepSeek-V3"', (8_128.0, 9_000.0), 2),
    one("sglang:generation_tokens_total", "counter", 'model_name="deepseek-ai/DeepSeek-V3"', (7_557.0, 8_000.0), 2),
    one("sglang:cached_tokens_total", "counter", 'model_name="deepseek-ai/DeepSeek-V3"', (100.0, 140.0), 2),
    one("sglang:num_running_reqs", "gauge", _SG, (12.0, 9.0), 2),
    one("sglang:num_queue_reqs", "gauge", _SG, (3.0, 0.0), 2),
    one("sglang:token_usage", "gauge", _SG, (0.28, 0.2), 2),
    one("sglang:num_used_tokens", "gauge", _SG, (123_859.0, 90_000.0), 2),
    one("sglang:gen_throughput", "gauge", _SG, (86.5, 90.1), 2),
    one("sglang:cache_hit_rate", "gauge", _SG, (0.0075, 0.0075), 2),
    one("sglang:lora_pool_utilization", "gauge", _SG, (0.0, 0.0)),
    histogram(
        "sglang:e2e_request_latency_seconds",
        'model_name="deepseek-ai/DeepSeek-V3"',
        ("0.3", "0.8", "1.5"),
        [([0, 6, 2, 1], 11.2), ([0, 6, 2, 1], 11.2)],
        4 + 2,
    ),
)

TGI = (
    one("tgi_request_count", "counter", 'method="generate"', (41.0, 45.0)),
    one("tgi_request_success", "counter", 'method="generate"', (40.0, 44.0), 2),
    one("tgi_request_failure", "counter", 'err="overloaded"', (1.0, 1.0), 1),
    one("tgi_queue_size", "gauge", "", (0.0, 1.0), 2),
    one("tgi_batch_current_size", "gauge", "", (2.0, 3.0), 2),
    # Its sum is the counter of prompt tokens as well.
    histogram(
        "tgi_request_input_length",
        "",
        ("100", "1000"),
        [([10, 30, 0], 9_400.0), ([11, 33, 0], 10_400.0)],
        2 + 2 + 4 + 2,
    ),
    histogram(
        "tgi_request_generated_tokens",
        "",
        ("100", "1000"),
        [([10, 30, 0], 6_000.0), ([11, 33, 0], 6_600.0)],
        2 + 2 + 4 + 2,
    ),
    histogram("tgi_request_queue_duration", "", ("0.1", "1"), [([40, 0, 0], 0.4), ([44, 0, 0], 0.5)], 1 + 1 + 4),
    histogram(
        "tgi_batch_inference_duration",
        'method="prefill"',
        ("0.1", "1"),
        [([40, 0, 0], 1.4), ([44, 0, 0], 1.5)],
        1 + 1 + 4,
    ),
    histogram(
        "tgi_batch_inference_duration",
        'method="decode"',
        ("0.1", "1"),
        [([900, 0, 0], 30.0), ([950, 0, 0], 31.0)],
        1 + 1 + 4,
    ),
)

LLAMA_CPP = (
    one("llamacpp:prompt_tokens_total", "counter", "", (2_048, 4_096), 2),
    one("llamacpp:prompt_seconds_total", "counter", "", (1.5, 2.75), 2),
    one("llamacpp:tokens_predicted_total", "counter", "", (512, 700), 2),
    one("llamacpp:tokens_predicted_seconds_total", "counter", "", (8.25, 11.5), 2),
    one("llamacpp:n_decode_total", "counter", "", (530, 720)),
    one("llamacpp:n_busy_slots_per_decode", "counter", "", (1, 1)),
    one("llamacpp:prompt_tokens_seconds", "gauge", "", (1_365.3, 1_489.4), 2),
    one("llamacpp:predicted_tokens_seconds", "gauge", "", (62.06, 60.87), 2),
    one("llamacpp:requests_processing", "gauge", "", (1, 0), 2),
    one("llamacpp:requests_deferred", "gauge", "", (0, 0), 2),
    one("llamacpp:kv_cache_usage_ratio", "gauge", "", ("nan", 0.25), 1),
)

_DEPLOYED = 'litellm_model_name="gpt-4.1",model_id="{}",api_base="https://api.openai.com",api_provider="openai"'
_KEYED = (
    'hashed_api_key="8f…{}",api_key_alias="{}",team="t1",team_alias="research",user="u",end_user="None",'
    'requested_model="gpt-4.1"'
)
LITELLM = (
    Family(
        "litellm_deployment_state",
        "gauge",
        [(_DEPLOYED.format("a1"), (0.0, 2.0)), (_DEPLOYED.format("b2"), (0.0, 0.0))],
        # A state is told when it changes.
        3,
    ),
    one(
        "litellm_deployment_cooled_down_total",
        "counter",
        _DEPLOYED.format("a1") + ',exception_status="429"',
        (0.0, 1.0),
        2,
    ),
    # Two keys are one series: whose key it was is not kept.
    Family(
        "litellm_input_tokens_metric_total",
        "counter",
        [
            (_KEYED.format("1", "ci") + ',model="gpt-4.1"', (5_000.0, 5_600.0)),
            (_KEYED.format("2", "dev") + ',model="gpt-4.1"', (1_000.0, 1_000.0)),
        ],
        2,
    ),
    one(
        "litellm_output_tokens_metric_total",
        "counter",
        _KEYED.format("1", "ci") + ',model="gpt-4.1"',
        (900.0, 950.0),
        2,
    ),
    one("litellm_spend_metric_total", "counter", _KEYED.format("1", "ci") + ',model="gpt-4.1"', (0.0172, 0.0185), 2),
    one(
        "litellm_deployment_successful_fallbacks_total",
        "counter",
        'requested_model="gpt-4.1",fallback_model="claude-haiku-4-5",exception_status="429",exception_class="RateLimitError"',
        (0.0, 3.0),
        2,
    ),
    histogram(
        "litellm_llm_api_latency_metric",
        _KEYED.format("1", "ci") + ',model="gpt-4.1"',
        ("1.0", "5.0"),
        [([4, 6, 0], 20.0), ([4, 8, 0], 26.0)],
        2 + 1 + 4,
    ),
    one("litellm_remaining_team_budget_metric", "gauge", 'team="t1",team_alias="research"', (82.5, 82.4), 2),
    one("litellm_team_max_budget_metric", "gauge", 'team="t1",team_alias="research"', ("+Inf", "+Inf"), 0),
    one("litellm_self_latency", "gauge", "", (0.1, 0.1)),
)

_GPU = (
    'gpu="{0}",UUID="GPU-0000000{0}",pci_bus_id="00000000:0{0}:00.0",device="nvidia{0}",'
    'modelName="NVIDIA H100 80GB HBM3",Hostname="atlas-07"'
)
DCGM = tuple(
    Family(name, kind, [(_GPU.format(0), first), (_GPU.format(1), second)], right)
    for name, kind, first, second, right in (
        ("DCGM_FI_DEV_SM_CLOCK", "gauge", (1980, 345), (345, 345), 4),
        ("DCGM_FI_DEV_GPU_TEMP", "gauge", (61, 60), (33, 33), 4),
        ("DCGM_FI_DEV_POWER_USAGE", "gauge", (612.4, 590.1), (71.8, 71.9), 4),
        # A counter that stands still is told once.
        ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", (8_113_256_204, 8_113_292_948), (1_021_000, 1_021_000), 3),
        ("DCGM_FI_DEV_GPU_UTIL", "gauge", (97, 96), (0, 0), 4),
        ("DCGM_FI_DEV_FB_USED", "gauge", (71_234, 71_234), (4, 4), 4),
        ("DCGM_FI_DEV_FB_FREE", "gauge", (9_870, 9_870), (81_100, 81_100), 4),
        # The second GPU has none: what stands there says so.
        ("DCGM_FI_DEV_MEMORY_TEMP", "gauge", (70, 71), (9223372036854775792, 2147483632), 2),
        ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", (0.412339, 0.4), (0.0, 0.0), 4),
        ("DCGM_FI_PROF_DRAM_ACTIVE", "gauge", (0.55, 0.54), (140737488355328.0, 0.0), 3),
        ("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", (0, 0), (0, 0), 0),
    )
)

NODE = (
    one("node_boot_time_seconds", "gauge", "", (1_795_700_000.0, 1_795_700_000.0), 2),
    one("node_load1", "gauge", "", (1.25, 1.5), 2),
    # Two processors are one series.
    Family(
        "node_cpu_seconds_total",
        "counter",
        [
            ('cpu="0",mode="idle"', (7_000.5, 7_050.5)),
            ('cpu="1",mode="idle"', (7_100.0, 7_150.0)),
            ('cpu="0",mode="user"', (100.0, 110.0)),
            ('cpu="1",mode="user"', (90.0, 95.0)),
        ],
        4,
    ),
    one("node_memory_MemTotal_bytes", "gauge", "", (5.4e11, 5.4e11), 2),
    one("node_memory_MemAvailable_bytes", "gauge", "", (4.1e11, 4.0e11), 2),
    one("node_memory_Active_anon_bytes", "gauge", "", (1e10, 1e10)),
    one(
        "node_filesystem_avail_bytes", "gauge", 'device="/dev/nvme0n1p2",fstype="ext4",mountpoint="/"', (3e11, 3e11), 2
    ),
    Family(
        "node_network_receive_bytes_total",
        "counter",
        [('device="eth0"', (9.1e9, 9.2e9)), ('device="lo"', (4e6, 4e6))],
        2,
    ),
)

OLLAMA = (
    one("ollama_prompt_tokens_total", "counter", 'model="llama3.1:8b"', (900.0, 1_400.0), 2),
    one("ollama_generated_tokens_total", "counter", 'model="llama3.1:8b"', (300.0, 420.0), 2),
    one("ollama_model_ram_mb", "gauge", 'model="llama3.1:8b"', (5_800.0, 5_800.0), 2),
    histogram(
        "ollama_request_duration_seconds",
        'endpoint="/api/chat",model="llama3.1:8b"',
        ("1", "10"),
        [([2, 6, 0], 21.0), ([3, 6, 0], 21.7)],
        2 + 1 + 4,
    ),
)

_TOKENS = 'agent="main",channel="webchat",model="claude-sonnet-4-5",provider="anthropic",token_type="{}"'
OPENCLAW = (
    Family(
        "openclaw_model_tokens_total",
        "counter",
        [(_TOKENS.format("input"), (1_200.0, 1_300.0)), (_TOKENS.format("output"), (700.0, 720.0))],
        4,
    ),
    one(
        "openclaw_model_cost_usd_total",
        "counter",
        'agent="main",channel="webchat",model="claude-sonnet-4-5",provider="anthropic"',
        (0.0141, 0.0147),
        2,
    ),
    one(
        "openclaw_run_completed_total",
        "counter",
        'channel="webchat",model="claude-sonnet-4-5",outcome="completed",provider="anthropic",trigger="user"',
        (4.0, 5.0),
        2,
    ),
    one("openclaw_queue_lane_size", "gauge", 'lane="main"', (0.0, 1.0), 2),
    one("openclaw_memory_bytes", "gauge", 'kind="rss"', (3e8, 3e8)),
)

#: Kept under its own name, or mapped, by the options of its target; the rest is nobody's.
OWN = (
    one("shop_waiting_jobs", "gauge", 'queue="embeddings"', (4.0, 2.0), 2),
    one("shop_tokens", "counter", 'model="tiny",note="a \\"b\\" \\\\ c\\nd"', (10.0, 30.0), 0),
    one("shop_busy_percent", "gauge", 'gpu="3"', (40.0, 60.0), 2),
    one("shop_secrets", "gauge", "", (1.0, 1.0)),
)
_OWN_OPTIONS = {"keep": "shop_wait*", "metric.shop_busy_percent": "gpu.utilisation * 0.01", "host": "atlas-09"}

_AT = BEGIN // 1000
_JOB = {"job": "vllm", "instance": "gpu-01:8000", "model_name": "Qwen/Qwen3-32B", "engine": "0"}
#: Three readings of a gauge and of a counter, two buckets of a histogram, the end of a series, and one of nobody.
WRITTEN = (
    Written({"__name__": "vllm:num_requests_running", **_JOB}, [(_AT, 3.0), (_AT + 15_000, 4.0), (_AT + 30_000, 2.0)]),
    Written(
        {"__name__": "vllm:prompt_tokens_total", **_JOB}, [(_AT, 10.0), (_AT + 15_000, 10.0), (_AT + 30_000, 90.0)]
    ),
    Written({"__name__": "vllm:time_to_first_token_seconds_bucket", "le": "0.5", **_JOB}, [(_AT, 7.0)]),
    Written({"__name__": "vllm:time_to_first_token_seconds_bucket", "le": "+Inf", **_JOB}, [(_AT, 9.0)]),
    Written({"__name__": "vllm:num_requests_waiting", **_JOB}, [(_AT, float("nan"))]),
    Written({"__name__": "go_goroutines", "job": "node", "instance": "gpu-01:9100"}, [(_AT, 31.0)]),
    *(
        Written(
            {"__name__": "node_cpu_seconds_total", "cpu": cpu, "mode": "idle", "instance": "gpu-01:9100"}, [(_AT, 5.0)]
        )
        for cpu in ("0", "1")
    ),
)
#: A native histogram: 3 in the bucket that ends at 1, 5 in that which ends at 4; where they begin, its count, its sum.
NATIVE = Written(
    {"__name__": "vllm:e2e_request_latency_seconds", **_JOB},
    (),
    [native(_AT, 0, 17.5, [(0, 1), (1, 1)], [3, 2], zeros=1)],
)
EXAMPLES = [
    answers("vllm-v1", "http://atlas-01:8000/metrics", VLLM),
    answers("vllm-v0", "http://atlas-02:8000/metrics", VLLM_0),
    answers("sglang", "http://atlas-03:30000/metrics", SGLANG),
    answers("tgi", "http://atlas-04:8080/metrics", TGI, {"model": "HuggingFaceH4/zephyr-7b-beta"}),
    answers("llama.cpp", "http://atlas-05:8080/metrics", LLAMA_CPP, {"model": "gpt-oss-20b"}),
    answers("litellm", "http://gateway:4000/metrics", LITELLM),
    answers("dcgm", "http://atlas-07:9400/metrics", DCGM),
    answers("node", "http://atlas-07:9100/metrics", NODE),
    answers("ollama", "http://atlas-08:8000/metrics", OLLAMA),
    answers("openclaw", "http://127.0.0.1:18789/api/diagnostics/prometheus", OPENCLAW),
    answers("own", "http://shop:9000/metrics", OWN, _OWN_OPTIONS),
    Requests("remote-write-1", "/api/v1/write", [(version_1(WRITTEN), "application/x-protobuf")], {"samples": 10}),
    Requests(
        "remote-write-2",
        "/api/v1/write",
        [(version_2([*WRITTEN, NATIVE]), "application/x-protobuf")],
        {"samples": 10 + 5 + 2},
    ),
    answers("openmetrics", "http://atlas-10:8000/metrics", (*VLLM_0[:1], *VLLM_0[5:7]), media_type=OPEN_METRICS),
]
