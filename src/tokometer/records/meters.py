"""Standard names of readings: what exporters of many kinds call many things has one name here, and one unit.

A sample of a metric that is not listed is kept under its sender's own name. Sources say which of their names mean one
of these (`sources/prometheus/dialects`); judgements and panels ask for these. Histograms are kept as the series that
`sources.series` describes: `server.ttft_bucket`, `server.ttft_sum`, `server.ttft_count`.
"""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from typing import Final, Literal, NamedTuple

#: A `state` is a gauge of which only changes matter.
Form = Literal["gauge", "state", "counter", "histogram"]


class Meter(NamedTuple):
    """A reading with a standard name."""

    name: str
    #: As UCUM writes it, and OpenTelemetry: `1` is a ratio from 0 to 1, `Cel` degrees, `By` bytes.
    unit: str
    form: Form
    meaning: str


METERS: Final[dict[str, Meter]] = {meter.name: meter for meter in (
    Meter("server.tokens.prompt", "tokens", "counter", "prompt tokens that an inference server was sent, cached ones included"),
    Meter("server.tokens.processed", "tokens", "counter", "prompt tokens that it worked on (prefill), those from a cache left out"),
    Meter("server.tokens.cached", "tokens", "counter", "prompt tokens that it found in its prefix cache"),
    Meter("server.tokens.looked_up", "tokens", "counter", "prompt tokens that it looked for in its prefix cache"),
    Meter("server.tokens.generated", "tokens", "counter", "tokens that it generated (decode)"),
    Meter("server.requests", "requests", "counter", "requests that ended; label `reason`: why"),
    Meter("server.requests.failed", "requests", "counter", "requests that failed"),
    Meter("server.requests.aborted", "requests", "counter", "requests that were given up"),
    Meter("server.requests.running", "requests", "gauge", "requests in the batch"),
    Meter("server.queue.waiting", "requests", "gauge", "requests that wait for room in the batch"),
    Meter("server.kv_cache.used", "1", "gauge", "share of the KV cache that is used"),
    Meter("server.kv_cache.tokens", "tokens", "gauge", "tokens in the KV cache"),
    Meter("server.kv_cache.capacity", "tokens", "gauge", "tokens that fit in the KV cache"),
    Meter("server.kv_cache.hit_rate", "1", "gauge", "share of prompt tokens found in the prefix cache, as the server works it out"),
    Meter("server.preemptions", "requests", "counter", "requests that were put back into the queue for want of KV cache"),
    Meter("server.spec.drafts", "1", "counter", "drafts of speculative decoding"),
    Meter("server.spec.draft_tokens", "tokens", "counter", "tokens that were drafted"),
    Meter("server.spec.accepted_tokens", "tokens", "counter", "drafted tokens that were right"),
    Meter("server.spec.accept_length", "tokens", "gauge", "tokens of a draft that are right, on average"),
    Meter("server.spec.accept_rate", "1", "gauge", "share of drafted tokens that are right"),
    Meter("server.ttft", "s", "histogram", "time to the first token"),
    Meter("server.inter_token", "s", "histogram", "time between two tokens"),
    Meter("server.time_per_output_token", "s", "histogram", "time of a request after its first token, by output token"),
    Meter("server.latency", "s", "histogram", "time from a request to its end"),
    Meter("server.queue.time", "s", "histogram", "time in the queue"),
    Meter("server.inference.time", "s", "histogram", "time in the batch"),
    Meter("server.prefill.time", "s", "histogram", "time of the prompt"),
    Meter("server.decode.time", "s", "histogram", "time of the answer"),
    Meter("server.request.prompt_tokens", "tokens", "histogram", "prompt tokens of a request"),
    Meter("server.request.generated_tokens", "tokens", "histogram", "generated tokens of a request"),
    Meter("server.prompt.rate", "tokens/s", "gauge", "prompt tokens a second, as the server works it out"),
    Meter("server.generation.rate", "tokens/s", "gauge", "generated tokens a second, as the server works it out"),
    Meter("server.model.memory", "By", "gauge", "memory that a loaded model takes"),
    Meter("server.models.loaded", "1", "gauge", "models that are loaded"),
    Meter("gpu.utilisation", "1", "gauge", "share of time in which the GPU did anything"),
    Meter("gpu.memory.utilisation", "1", "gauge", "share of time in which its memory was read or written"),
    Meter("gpu.encoder.utilisation", "1", "gauge", "use of its video encoder"),
    Meter("gpu.decoder.utilisation", "1", "gauge", "use of its video decoder"),
    Meter("gpu.engine.active", "1", "gauge", "share of time in which its graphics engine was active"),
    Meter("gpu.sm.active", "1", "gauge", "share of time in which its multiprocessors had work, on average"),
    Meter("gpu.sm.occupancy", "1", "gauge", "warps at work over the most that can be"),
    Meter("gpu.tensor.active", "1", "gauge", "share of time in which its tensor cores were active"),
    Meter("gpu.dram.active", "1", "gauge", "share of time in which its memory's interface was active"),
    Meter("gpu.memory.used", "By", "gauge", "memory in use"),
    Meter("gpu.memory.free", "By", "gauge", "memory that is free"),
    Meter("gpu.memory.total", "By", "gauge", "memory that it has"),
    Meter("gpu.temperature", "Cel", "gauge", "temperature of the GPU"),
    Meter("gpu.memory.temperature", "Cel", "gauge", "temperature of its memory"),
    Meter("gpu.power", "W", "gauge", "power that it draws"),
    Meter("gpu.power.limit", "W", "gauge", "power that it may draw"),
    Meter("gpu.energy", "J", "counter", "energy that it has used"),
    Meter("gpu.clock.sm", "Hz", "gauge", "clock of its multiprocessors"),
    Meter("gpu.clock.memory", "Hz", "gauge", "clock of its memory"),
    Meter("gpu.xid", "1", "gauge", "number of the last error that its driver reported (XID)"),
    Meter("gpu.pcie.sent", "By/s", "gauge", "bytes a second sent over PCIe"),
    Meter("gpu.pcie.received", "By/s", "gauge", "bytes a second received over PCIe"),
    Meter("gpu.nvlink.sent", "By/s", "gauge", "bytes a second sent over NVLink"),
    Meter("gpu.nvlink.received", "By/s", "gauge", "bytes a second received over NVLink"),
    Meter("gpu.process.memory", "By", "gauge", "memory that a process has on the GPU; label `process`: its name"),
    Meter("gateway.deployment.state", "1", "state", "state of a deployment: 0 healthy, 1 partly out, 2 out"),
    Meter("gateway.deployment.cooldowns", "1", "counter", "times that a deployment was put into cooldown"),
    Meter("gateway.deployment.requests", "requests", "counter", "requests to a deployment"),
    Meter("gateway.deployment.successes", "requests", "counter", "requests to a deployment that succeeded"),
    Meter("gateway.deployment.failures", "requests", "counter", "requests to a deployment that failed"),
    Meter("gateway.fallbacks.successful", "requests", "counter", "requests that another model answered in place of the one asked for"),
    Meter("gateway.fallbacks.failed", "requests", "counter", "requests that the model in place of the one asked for did not answer, either"),
    Meter("gateway.requests", "requests", "counter", "requests to the gateway"),
    Meter("gateway.requests.failed", "requests", "counter", "requests to the gateway that failed"),
    Meter("gateway.requests.running", "requests", "gauge", "requests that the gateway works on"),
    Meter("gateway.tokens.prompt", "tokens", "counter", "prompt tokens through the gateway"),
    Meter("gateway.tokens.cached", "tokens", "counter", "of these, tokens that the provider had in its cache"),
    Meter("gateway.tokens.cache_written", "tokens", "counter", "of these, tokens that the provider wrote to its cache"),
    Meter("gateway.tokens.output", "tokens", "counter", "output tokens through the gateway"),
    Meter("gateway.tokens.reasoning", "tokens", "counter", "of these, reasoning tokens"),
    Meter("gateway.spend", "USD", "counter", "what the gateway says it cost"),
    Meter("gateway.latency", "s", "histogram", "time from a request to its end"),
    Meter("gateway.provider_latency", "s", "histogram", "of this, the provider's part"),
    Meter("gateway.overhead", "s", "histogram", "of this, the gateway's own part"),
    Meter("gateway.ttft", "s", "histogram", "time to the first token"),
    Meter("gateway.time_per_output_token", "s", "histogram", "latency by output token"),
    Meter("gateway.limit.requests_left", "requests", "gauge", "requests that the provider still allows in its window"),
    Meter("gateway.limit.tokens_left", "tokens", "gauge", "tokens that the provider still allows in its window"),
    Meter("gateway.limit.requests", "requests", "gauge", "requests a minute that a deployment may have"),
    Meter("gateway.limit.tokens", "tokens", "gauge", "tokens a minute that a deployment may have"),
    Meter("gateway.budget.left", "USD", "gauge", "what is left of a budget; label `budget`: whose"),
    Meter("gateway.budget.total", "USD", "gauge", "a budget; label `budget`: whose"),
    Meter("gateway.cache.hits", "requests", "counter", "requests that the gateway's own cache answered"),
    Meter("gateway.cache.misses", "requests", "counter", "requests that it did not have"),
    Meter("gateway.tools.calls", "1", "counter", "calls of tools through the gateway"),
    Meter("agent.tokens", "tokens", "counter", "tokens that agents used; label `type`"),
    Meter("agent.cost", "USD", "counter", "what agents say they cost"),
    Meter("agent.calls", "requests", "counter", "calls of models by agents"),
    Meter("agent.call.latency", "s", "histogram", "how long these took"),
    Meter("agent.runs", "1", "counter", "runs of agents; label `outcome`"),
    Meter("agent.run.duration", "s", "histogram", "how long these took"),
    Meter("agent.failovers", "1", "counter", "times that another model took over"),
    Meter("agent.tools.calls", "1", "counter", "calls of tools by agents"),
    Meter("agent.queue.waiting", "1", "gauge", "what waits for agents"),
    Meter("system.uptime", "s", "gauge", "how long a machine has been up"),
    Meter("system.cpu.time", "s", "counter", "time of all processors together; label `mode`"),
    Meter("system.load", "1", "gauge", "processes that run or wait to, over the last minute"),
    Meter("system.memory.total", "By", "gauge", "memory of a machine"),
    Meter("system.memory.available", "By", "gauge", "of this, what is available"),
    Meter("system.disk.total", "By", "gauge", "size of a file system; label `mountpoint`"),
    Meter("system.disk.available", "By", "gauge", "of this, what is available"),
    Meter("system.network.received", "By", "counter", "bytes received by all network devices"),
    Meter("system.network.sent", "By", "counter", "bytes sent by all network devices"),
)}
