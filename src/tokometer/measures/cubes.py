"""Everything that can be asked, declared once. Titles, units, CSV headers, docs and Grafana units derive from it."""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from tokometer.measures.cube import Cube
from tokometer.measures.kinds import (
    HIGHER,
    LOWER,
    Count,
    Difference,
    Dimension,
    Distinct,
    Mean,
    Quantile,
    Quantity,
    Ratio,
    Reading,
    Sum,
    Throughput,
)
from tokometer.measures.minutes import Minutes
from tokometer.records.basis import ASSUMED
from tokometer.records.families import family_of
from tokometer.records.status import ERRORS
from tokometer.records.units import (
    BYTES,
    COUNT,
    PERCENT,
    RATIO,
    REQUESTS,
    REQUESTS_PER_MINUTE,
    TOKENS,
    TOKENS_PER_REQUEST,
    TOKENS_PER_SECOND,
    USD,
    USD_PER_MTOK,
    USD_PER_REQUEST,
    USD_PER_SESSION,
)

_WRITES = ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_unknown_tokens")
_PROMPT = ("input_tokens", "cache_read_tokens", *_WRITES)
_ALL = (*_PROMPT, "output_tokens", "unsplit_tokens")
#: How sure the price is, in one word; see `records.basis`.
#: In the ledger an exact price has an empty basis.
_BASIS = "CASE WHEN price_basis <> '' THEN price_basis WHEN cost_usd IS NULL THEN 'unpriced' ELSE 'exact' END"
_CERTAINTY = f"CASE WHEN cost_usd IS NULL THEN 'unpriced' WHEN price_basis LIKE '{ASSUMED}%' THEN 'assumed' ELSE 'exact' END"
_STATED = "CASE WHEN coalesce(revenue, 0) = 0 THEN 'no' ELSE 'yes' END"
_CALL = ("session", "call")


class Recorded(Cube, table=""):
    """What every kind of record can be grouped by."""

    source = Dimension("source", description="Where the record was read from: `claude_code`, `codex`, `otlp`, …")
    workspace = Dimension("workspace", description="The workspace that the record belongs to.")
    machine = Dimension("machine", description="The machine on which it happened.", drill=("source",))
    account = Dimension("account", description="The login, organisation or subscription that it ran under.", drill=("source",))
    region = Dimension("region", description="Where it was served: a cloud's region, or a provider's own word.", drill=("source",))
    day = Dimension("quarter", type="date", description="The local day.", drill=("hour",))
    week = Dimension("quarter", type="date", description="The local week, named by its Monday.", drill=("day",))
    month = Dimension("quarter", type="date", description="The local month, named by its first day.", drill=("day",))
    hour = Dimension("quarter", type="integer", title="Hour of day", description="The local hour of the day, 0 to 23.")
    weekday = Dimension("quarter", type="integer", description="The local day of the week, 1 (Monday) to 7 (Sunday).", drill=("hour",))


class Calls(Recorded, table="calls"):
    """One row per model call."""

    provider = Dimension("provider", description="Who served the model, as a slug.", drill=("model", *_CALL))
    model = Dimension("model", description="The model as the source names it.", drill=_CALL)
    family = Dimension("model", derive=family_of, description="The family that the model belongs to: `claude`, `gpt`, `llama`, …", drill=("model", *_CALL))
    operation = Dimension("operation", description="What was asked for: `chat`, `embeddings`, …", drill=("model", *_CALL))
    status = Dimension("status", description="How the call ended: `ok`, `timeout`, `rate_limit`, `invalid_request`, `auth_error`, `server_error` or `cancelled`.", drill=("model", *_CALL))
    error_type = Dimension("status", only=ERRORS, description="The status of a call that failed; empty for one that did not (`ok`, `cancelled`).", drill=("model", *_CALL))
    agent = Dimension("agent", description="The agent or client program.", drill=("subagent", *_CALL))
    subagent = Dimension("subagent", description="The subagent that made the call; empty for the main one.", drill=_CALL)
    project = Dimension("project", description="The project: of a coding agent, its working folder.", drill=_CALL)
    session = Dimension("session_id", description="The session or conversation.", drill=("call",))
    user = Dimension("user", description="Who used it.", drill=_CALL)
    team = Dimension("team", description="The user's or API key's team.", drill=("user", *_CALL))
    api_key = Dimension("api_key", title="API key", description="The API key, masked.", drill=_CALL)
    endpoint = Dimension("endpoint", description="The API endpoint or route.", drill=("model", *_CALL))
    environment = Dimension("environment", description="The deployment: `production`, `staging`, …", drill=("model", *_CALL))
    knowledge_base = Dimension("knowledge_base", description="The knowledge base that the call drew on.", drill=_CALL)
    git_branch = Dimension("git_branch", description="The branch that a coding agent worked on.", drill=_CALL)
    change = Dimension("change", description="The change (pull or merge request) that the call was made for, `owner/name#12`; empty where it was made for none that is known.", drill=_CALL)
    change_state = Dimension("change_state", description="What became of that change: `open`, `merged` or `closed`; empty where there is none.", drill=("change", *_CALL))
    repository = Dimension("change_repository", description="The repository of that change.", drill=("change", *_CALL))
    ticket = Dimension("for_ticket", description="The ticket that the change is for: as stated, as its branch is called, as its title or description says.", drill=("change", *_CALL))
    service_tier = Dimension("service_tier", description="The provider's service tier: `standard`, `batch`, `priority`, …", drill=("model", *_CALL))
    price_certainty = Dimension("price_basis", sql=_CERTAINTY, description="How sure the cost is: `exact` (or as reported), `assumed` or `unpriced`.", drill=("price_basis", *_CALL))
    price_basis = Dimension("price_basis", sql=_BASIS, description="What the cost rests on: `exact` (or as reported), what was assumed (`assumed:tier`), or why there is none (`unpriced:no-price`; just `unpriced` of calls from before reasons were kept).", drill=("model", *_CALL))
    revenue_stated = Dimension("revenue", sql=_STATED, description="Whether the call itself says what was paid for it: `yes` or `no`. A revenue of 0 says nothing.", drill=("team", *_CALL))

    requests = Count(unit=REQUESTS, description="Model calls.", drill=("model", *_CALL))
    errors = Count(where={"status": ERRORS}, unit=REQUESTS, better=LOWER, description="Calls that failed. A cancelled call did not.", drill=("error_type", "call"))
    timeouts = Count(where={"status": ("timeout",)}, unit=REQUESTS, better=LOWER, description="Calls that took too long.", drill=("model", "call"))
    rate_limits = Count(where={"status": ("rate_limit",)}, unit=REQUESTS, better=LOWER, description="Calls that a rate limit or quota turned away.", drill=("model", "call"))
    invalid_requests = Count(where={"status": ("invalid_request",)}, unit=REQUESTS, better=LOWER, description="Calls that the provider found at fault.", drill=("model", "call"))
    auth_errors = Count(where={"status": ("auth_error",)}, unit=REQUESTS, better=LOWER, description="Calls that were not allowed, or not paid for.", drill=("api_key", "call"))
    server_errors = Count(where={"status": ("server_error",)}, unit=REQUESTS, better=LOWER, description="Calls that failed at the provider.", drill=("provider", "call"))
    cancelled = Count(where={"status": ("cancelled",)}, unit=REQUESTS, description="Calls that the caller broke off.", drill=("model", "call"))
    succeeded = Count(where={"status": ("ok", "cancelled")}, unit=REQUESTS, better=HIGHER, description="Calls that did not fail; a cancelled one did not.", drill=("model", "call"))
    error_rate = Ratio(errors, requests, unit=PERCENT, better=LOWER, description="Share of the calls that failed.", drill=("error_type", "call"))
    success_rate = Ratio(succeeded, requests, unit=PERCENT, better=HIGHER, description="Share of the calls that did not fail: 1 − error rate.", drill=("error_type", "call"))
    timeout_rate = Ratio(timeouts, requests, unit=PERCENT, better=LOWER, description="Share of the calls that took too long.", drill=("model", "call"))
    active_minutes = Minutes("active", unit=COUNT, description="Minutes that had calls. Those of two groups are not those of both together.", drill=_CALL)
    bad_minutes = Minutes("bad", unit=COUNT, better=LOWER, description="Minutes that had calls of which fewer than half succeeded.", drill=("error_type", "call"))
    availability = Ratio(Difference(active_minutes, bad_minutes), active_minutes, unit=PERCENT, better=HIGHER, description="Share of the minutes with calls in which at least half of the calls succeeded.", drill=("error_type", "call"))
    sessions = Distinct("sessions", unit=COUNT, description="Sessions that overlap the window, from their first to their last call.", drill=("session",))
    user_messages = Sum("user_messages", unit=COUNT, description="Messages that people wrote.", drill=_CALL)
    messages = Sum("user_messages", "requests", unit=COUNT, description="Messages both ways: what people wrote, and one answer a call.", drill=_CALL)

    input_tokens = Sum("input_tokens", unit=TOKENS, description="Prompt tokens that no cache served or took (uncached).", drill=("model", *_CALL))
    cache_read_tokens = Sum("cache_read_tokens", unit=TOKENS, description="Prompt tokens served from the provider's cache.", drill=("model", *_CALL))
    cache_write_tokens = Sum(*_WRITES, unit=TOKENS, description="Prompt tokens written to the provider's cache, for however long.", drill=("model", *_CALL))
    cache_write_5m_tokens = Sum("cache_write_5m_tokens", "cache_write_unknown_tokens", unit=TOKENS, title="Cache write tokens, 5 min", description="Prompt tokens written to the provider's cache for five minutes, or for a time that nobody said.", drill=("model", *_CALL))
    cache_write_1h_tokens = Sum("cache_write_1h_tokens", unit=TOKENS, title="Cache write tokens, 1 h", description="Prompt tokens written to the provider's cache for an hour.", drill=("model", *_CALL))
    prompt_tokens = Sum(*_PROMPT, unit=TOKENS, description="All prompt tokens: uncached, read from cache and written to cache.", drill=("model", *_CALL))
    output_tokens = Sum("output_tokens", unit=TOKENS, description="Generated tokens, reasoning included.", drill=("model", *_CALL))
    reasoning_tokens = Sum("reasoning_tokens", unit=TOKENS, description="Generated tokens that were reasoning; a part of the output tokens.", drill=("model", *_CALL))
    unsplit_tokens = Sum("unsplit_tokens", unit=TOKENS, better=LOWER, description="Tokens of which nobody said whether they went in or came out. They are in the total, and have no price.", drill=("source", *_CALL))
    total_tokens = Sum(*_ALL, unit=TOKENS, description="All tokens: input, cache reads, cache writes, output, and those of which only the total is known.", drill=("model", *_CALL))
    long_write_share = Ratio(cache_write_1h_tokens, cache_write_tokens, unit=PERCENT, title="Share of one-hour writes", description="Share of the tokens written to the cache that were written for an hour.", drill=("model", *_CALL))
    cache_hit_share = Ratio(cache_read_tokens, prompt_tokens, unit=PERCENT, better=HIGHER, description="Share of the prompt tokens that the cache served.", drill=("model", *_CALL))
    avg_input_per_request = Ratio(prompt_tokens, requests, unit=TOKENS_PER_REQUEST, title="Prompt tokens per request", description="Prompt tokens a call, cached ones included.", drill=("model", *_CALL))
    avg_output_per_request = Ratio(output_tokens, requests, unit=TOKENS_PER_REQUEST, title="Output tokens per request", description="Generated tokens a call.", drill=("model", *_CALL))
    avg_tokens_per_request = Ratio(total_tokens, requests, unit=TOKENS_PER_REQUEST, title="Tokens per request", description="Tokens a call, of every bucket.", drill=("model", *_CALL))
    completion_ratio = Ratio(output_tokens, prompt_tokens, unit=RATIO, description="Output tokens per prompt token.", drill=("model", *_CALL))
    estimated_tokens = Sum("estimated_tokens", unit=TOKENS, description="Tokens that clients expected to use, where they said so.", drill=("model", *_CALL))
    estimate_ratio = Ratio(Sum("estimated_actual_tokens", unit=TOKENS), estimated_tokens, unit=RATIO, description="Tokens used per token that was estimated, over the calls with an estimate.", drill=("model", *_CALL))

    audio_tokens = Sum("parts.input_audio", "parts.cache_read_audio", "parts.output_audio", unit=TOKENS, description="Tokens of sound, heard and spoken; a part of the other buckets.", drill=("model", *_CALL))
    image_tokens = Sum("parts.input_image", "parts.cache_read_image", "parts.output_image", unit=TOKENS, description="Tokens of pictures, seen and made; a part of the other buckets.", drill=("model", *_CALL))
    video_tokens = Sum("parts.input_video", "parts.output_video", unit=TOKENS, description="Tokens of film, seen and made; a part of the other buckets.", drill=("model", *_CALL))
    web_searches = Quantity("quantities.web_searches", description="Searches of the web that the provider made and bills.", drill=("model", *_CALL))
    file_searches = Quantity("quantities.file_searches", description="Searches of stored files that the provider made and bills.", drill=("model", *_CALL))
    images = Quantity("quantities.images", description="Images made, where they are billed by number.", drill=("model", *_CALL))
    media_seconds = Quantity("quantities.seconds", title="Seconds of audio or video", description="Seconds of audio or video, where they are billed by length.", drill=("model", *_CALL))
    pages = Quantity("quantities.pages", description="Pages read, where they are billed by number.", drill=("model", *_CALL))
    characters = Quantity("quantities.characters", description="Characters spoken or read, where they are billed by number.", drill=("model", *_CALL))

    cost = Sum("cost_usd", unknown="unpriced", unit=USD, better=LOWER, description="What the calls cost: as the source reported it, else as the price book computes it. Unknown, not 0, where no call has a price, or where those that have one cost nothing and others have none.", drill=("model", *_CALL))
    unattributed_cost = Sum("cost_usd", where={"change": ("",)}, unit=USD, better=LOWER, description="What the calls cost that were made for no change that is known.", drill=("project", *_CALL))
    unattributed_share = Ratio(unattributed_cost, cost, unit=PERCENT, better=LOWER, title="Unattributed share", description="Share of the cost that is of calls made for no change that is known.", drill=("project", *_CALL))
    unpriced = Sum("unpriced", unit=REQUESTS, better=LOWER, title="Unpriced calls", description="Calls that nobody knows the price of. They are not in the cost.", drill=("model", "call"))
    usage_unknown = Sum("no_usage", unit=REQUESTS, better=LOWER, title="Calls of unknown usage", description="Calls without a price because nobody said what they used, or only a total: a timeout, or a source that does not say.", drill=("status", "call"))
    no_price = Sum("unpriced", minus=("no_usage",), unit=REQUESTS, better=LOWER, title="Calls without a price", description="Calls of known usage that no price is known for. A `[[price]]` in `prices.toml` mends it.", drill=("model", "call"))
    assumed = Sum("assumed", unit=REQUESTS, better=LOWER, title="Calls at an assumed price", description="Calls whose price rests on an assumption; `price_basis` says on which.", drill=("price_basis", "model", "call"))
    cost_assumed = Sum("cost_assumed", unit=USD, better=LOWER, title="Assumed cost", description="How much of the cost rests on an assumption.", drill=("price_basis", "model", "call"))
    priced = Sum("requests", minus=("unpriced",), unit=REQUESTS, title="Priced calls", description="Calls with a known cost.", drill=("model", "call"))
    cost_per_request = Ratio(cost, priced, unit=USD_PER_REQUEST, better=LOWER, description="Cost a call, over the calls that have a price.", drill=("model", *_CALL))
    cost_per_mtok = Ratio(cost, Sum(*_ALL, minus=("unpriced_tokens",), unit=TOKENS), times=1_000_000, unit=USD_PER_MTOK, better=LOWER, title="Cost per million tokens", description="Cost per million tokens of every bucket, over the calls that have a price.", drill=("model", *_CALL))
    cost_per_session = Ratio(cost, sessions, unit=USD_PER_SESSION, better=LOWER, description="Cost per session that overlaps the window.", drill=("session", "model", *_CALL))
    priced_tokens = Sum(*_ALL, minus=("unpriced_tokens",), unit=TOKENS, description="Tokens of every bucket, of the calls that have a price.", drill=("model", *_CALL))
    cost_reported = Sum("cost_reported", unit=USD, better=LOWER, description="Cost as sources reported it, of the calls for which they did.", drill=("source", *_CALL))
    cost_priced = Sum("cost_priced", unit=USD, better=LOWER, description="Cost as the price book computes it, also where a source reported one.", drill=("source", *_CALL))
    revenue = Sum("revenue", unit=USD, better=HIGHER, description="What callers were paid, of the calls that say so.", drill=("team", *_CALL))
    margin = Difference(revenue, cost, unit=USD, better=HIGHER, description="Revenue minus cost.", drill=("team", *_CALL))
    margin_rate = Ratio(margin, revenue, unit=PERCENT, better=HIGHER, title="Profit margin", description="Share of the revenue that the cost leaves.", drill=("team", *_CALL))

    p50_latency = Quantile("latency_bucket", 0.5, better=LOWER, title="p50 latency", description="Half of the calls took at most this long.", drill=("model", *_CALL))
    p95_latency = Quantile("latency_bucket", 0.95, better=LOWER, title="p95 latency", description="95 % of the calls took at most this long.", drill=("model", *_CALL))
    p99_latency = Quantile("latency_bucket", 0.99, better=LOWER, title="p99 latency", description="99 % of the calls took at most this long.", drill=("model", *_CALL))
    p999_latency = Quantile("latency_bucket", 0.999, better=LOWER, title="p99.9 latency", description="99.9 % of the calls took at most this long.", drill=("model", *_CALL))
    mean_latency = Mean("latency_us", "latency_count", better=LOWER, description="How long calls took on average.", drill=("model", *_CALL))
    p50_ttft = Quantile("ttft_bucket", 0.5, better=LOWER, title="p50 time to first token", description="Half of the calls gave their first token within this.", drill=("model", *_CALL))
    p95_ttft = Quantile("ttft_bucket", 0.95, better=LOWER, title="p95 time to first token", description="95 % of the calls gave their first token within this.", drill=("model", *_CALL))
    p99_ttft = Quantile("ttft_bucket", 0.99, better=LOWER, title="p99 time to first token", description="99 % of the calls gave their first token within this.", drill=("model", *_CALL))
    p999_ttft = Quantile("ttft_bucket", 0.999, better=LOWER, title="p99.9 time to first token", description="99.9 % of the calls gave their first token within this.", drill=("model", *_CALL))
    mean_ttft = Mean("ttft_us", "ttft_count", better=LOWER, title="Mean time to first token", description="When calls gave their first token on average.", drill=("model", *_CALL))
    tokens_per_second = Throughput(output_tokens, better=HIGHER, title="Throughput", description="Output tokens per second of wall time of the window, idle time included.", drill=("model", *_CALL))
    requests_per_minute = Throughput(requests, unit=REQUESTS_PER_MINUTE, times=60, description="Calls per minute of wall time of the window, idle time included.", drill=("model", *_CALL))
    errors_per_minute = Throughput(errors, unit=REQUESTS_PER_MINUTE, times=60, better=LOWER, description="Failed calls per minute of wall time of the window, idle time included.", drill=("model", *_CALL))
    requests_per_second = Throughput(requests, unit=RATIO, description="Calls per second of wall time of the window, idle time included.", drill=("model", *_CALL))
    speed = Ratio(Sum("generation_tokens", unit=TOKENS), Sum("generation_us"), times=1_000_000, unit=TOKENS_PER_SECOND, better=HIGHER, title="Generation speed", description="Output tokens per second of generation (latency without time to first token), over the calls where both are known.", drill=("model", *_CALL))


class Tools(Recorded, table="tools"):
    """One row per use of a tool."""

    tool = Dimension("name", description="The tool's name.", drill=("session",))
    server = Dimension("server", description="The MCP server that offers the tool, where it is one.", drill=("tool",))
    status = Dimension("status", description="How it ended: `ok`, `error`, `cancelled` or `unknown`.", drill=("tool",))
    agent = Dimension("agent", description="The agent that used it.", drill=("tool",))
    subagent = Dimension("subagent", description="The subagent that used it.", drill=("tool",))
    project = Dimension("project", description="The project.", drill=("tool",))
    session = Dimension("session_id", description="The session.", drill=("tool",))
    user = Dimension("user", description="Who used it.", drill=("tool",))
    team = Dimension("team", description="The team.", drill=("tool",))
    environment = Dimension("environment", description="The deployment.", drill=("tool",))

    calls = Count(unit=COUNT, description="Uses of tools.", drill=("tool",))
    errors = Count(where={"status": ("error",)}, unit=COUNT, better=LOWER, description="Uses that failed.", drill=("tool",))
    error_rate = Ratio(errors, calls, unit=PERCENT, better=LOWER, description="Share of the uses that failed.", drill=("tool",))
    lines_added = Sum("lines_added", unit=COUNT, description="Lines that edits added.", drill=("project",))
    lines_removed = Sum("lines_removed", unit=COUNT, description="Lines that edits removed.", drill=("project",))
    result_size = Sum("prompt_bytes", unit=BYTES, description="Text of the results, as it went into prompts, where the source tells.", drill=("server", "tool"))
    p50_duration = Quantile("duration_us", 0.5, exact=True, better=LOWER, title="p50 duration", description="Half of the uses took at most this long.", drill=("tool",))
    p95_duration = Quantile("duration_us", 0.95, exact=True, better=LOWER, title="p95 duration", description="95 % of the uses took at most this long.", drill=("tool",))
    p99_duration = Quantile("duration_us", 0.99, exact=True, better=LOWER, title="p99 duration", description="99 % of the uses took at most this long.", drill=("tool",))
    mean_duration = Mean("duration_us", "duration_count", better=LOWER, description="How long a use took on average.", drill=("tool",))


class Steps(Recorded, table="steps"):
    """One row per step that is no call, no tool and no agent: of a traced task, or what an agent put into its prompt."""

    step = Dimension("name", description="The step's name.", drill=("session",))
    type = Dimension("type", description="What kind of step it is, in the words of who reports it: `chain`, `task`, `retriever`, …; `bridge` for a span of which only its place is kept; `memory`, `skill`, `attachment`, `compaction` and `summary` for what agents put into prompts.", drill=("step",))
    trigger = Dimension("trigger", description="What set off a compaction: `auto` or `manual`.", drill=("session",))
    subagent = Dimension("subagent", description="The subagent whose step it was.", drill=("step",))
    status = Dimension("status", description="How it ended: `ok`, `error`, `cancelled` or `unknown`.", drill=("step",))
    agent = Dimension("agent", description="The agent.", drill=("step",))
    project = Dimension("project", description="The project.", drill=("step",))
    session = Dimension("session_id", description="The session.", drill=("step",))
    user = Dimension("user", description="Who asked.", drill=("step",))
    team = Dimension("team", description="The team.", drill=("step",))
    environment = Dimension("environment", description="The deployment.", drill=("step",))

    steps = Count(unit=COUNT, description="Steps of traced tasks, and what agents put into prompts beside results of tools.", drill=("step",))
    errors = Count(where={"status": ("error",)}, unit=COUNT, better=LOWER, title="Failed steps", description="Steps that failed.", drill=("step",))
    compactions = Count(where={"type": ("compaction",)}, unit=COUNT, better=LOWER, description="Times that a conversation was summed up because its prompt had become long.", drill=("trigger", "session"))
    prompt_size = Sum("prompt_bytes", unit=BYTES, description="Text that the steps put into prompts, where the source tells.", drill=("type", "step"))
    compacted_tokens = Sum("tokens_before", unit=TOKENS, description="Tokens of the prompts that were summed up, where the source tells.", drill=("trigger", "session"))
    error_rate = Ratio(errors, steps, unit=PERCENT, better=LOWER, description="Share of the steps that failed.", drill=("step",))
    p50_duration = Quantile("duration_us", 0.5, exact=True, better=LOWER, title="p50 duration", description="Half of the steps took at most this long.", drill=("step",))
    p95_duration = Quantile("duration_us", 0.95, exact=True, better=LOWER, title="p95 duration", description="95 % of the steps took at most this long.", drill=("step",))
    p99_duration = Quantile("duration_us", 0.99, exact=True, better=LOWER, title="p99 duration", description="99 % of the steps took at most this long.", drill=("step",))
    mean_duration = Mean("duration_us", "duration_count", better=LOWER, description="How long a step took on average.", drill=("step",))


class Runs(Recorded, table="runs"):
    """One row per task given to an agent."""

    agent = Dimension("agent", description="The agent.", drill=("session",))
    role = Dimension("role", description="`main`, `subagent`, `workflow`, …", drill=("agent",))
    status = Dimension("status", description="How it ended: `ok`, `error`, `cancelled`, `running` or `unknown`.", drill=("agent",))
    project = Dimension("project", description="The project.", drill=("agent",))
    session = Dimension("session_id", description="The session.")
    user = Dimension("user", description="Who gave the task.", drill=("agent",))
    team = Dimension("team", description="The team.", drill=("agent",))
    environment = Dimension("environment", description="The deployment.", drill=("agent",))
    model = Dimension("model", description="The model that the run was started with.", drill=("agent",))

    runs = Count(unit=COUNT, title="Agent runs", description="Tasks that agents were given.", drill=("agent",))
    ok = Count(where={"status": ("ok",)}, unit=COUNT, better=HIGHER, title="Completed runs", description="Tasks that ended well.", drill=("agent",))
    failed = Count(where={"status": ("error",)}, unit=COUNT, better=LOWER, title="Failed runs", description="Tasks that ended in an error.", drill=("agent",))
    ended = Count(where={"status": ("ok", "error")}, unit=COUNT, title="Ended runs", description="Tasks that ended well or in an error.", drill=("agent",))
    success_rate = Ratio(ok, ended, unit=PERCENT, better=HIGHER, description="Share of the ended tasks that ended well.", drill=("agent",))
    mean_duration = Mean("duration_us", "duration_count", better=LOWER, description="How long a task took on average, of those that have ended.", drill=("agent",))
    stated_tokens = Sum("stated_tokens", unit=TOKENS, description="Tokens that sources state for whole runs. Never added to those of the calls.", drill=("agent",))
    stated_cost = Sum("stated_cost", unit=USD, better=LOWER, description="Cost that sources state for whole runs. Never added to that of the calls.", drill=("agent",))


class Jobs(Recorded, table="jobs"):
    """One row per run of a scheduled job."""

    job = Dimension("name", description="The job's name.")
    job_id = Dimension("job_id", title="Job id", description="The job's id.")
    status = Dimension("status", description="How it ended: `ok`, `error`, `skipped`, `running` or `unknown`.", drill=("job",))
    error_type = Dimension("error_type", description="What kind of error it ended with.", drill=("job",))
    delivery_status = Dimension("delivery_status", description="Whether the result was delivered.", drill=("job",))
    schedule = Dimension("schedule", description="When the job runs.", drill=("job",))
    agent = Dimension("agent", description="The agent that runs it.", drill=("job",))
    model = Dimension("model", description="The model that it uses.", drill=("job",))
    provider = Dimension("provider", description="Who serves the model.", drill=("job",))
    team = Dimension("team", description="The team.", drill=("job",))
    environment = Dimension("environment", description="The deployment.", drill=("job",))

    runs = Count(unit=COUNT, title="Job runs", description="Runs of scheduled jobs.", drill=("job",))
    ok = Count(where={"status": ("ok",)}, unit=COUNT, better=HIGHER, title="Successful runs", description="Runs that ended well.", drill=("job",))
    failed = Count(where={"status": ("error",)}, unit=COUNT, better=LOWER, title="Failed runs", description="Runs that ended in an error.", drill=("job",))
    skipped = Count(where={"status": ("skipped",)}, unit=COUNT, title="Skipped runs", description="Runs that did not take place.", drill=("job",))
    ended = Count(where={"status": ("ok", "error")}, unit=COUNT, title="Ended runs", description="Runs that ended well or in an error.", drill=("job",))
    success_rate = Ratio(ok, ended, unit=PERCENT, better=HIGHER, description="Share of the ended runs that ended well; skipped ones do not count.", drill=("job",))
    mean_duration = Mean("duration_us", "duration_count", better=LOWER, description="How long a run took on average.", drill=("job",))
    p95_duration = Quantile("duration_us", 0.95, exact=True, better=LOWER, title="p95 duration", description="95 % of the runs took at most this long.", drill=("job",))


class Samples(Recorded, table="samples"):
    """One row per reading of a meter: a GPU's power, a queue's length, a limit's use, tokens that a counter stood at."""

    metric = Dimension("metric", description="What was read. Readings of different metrics do not mix: filter or group by it.", drill=("device",))
    unit = Dimension("unit", description="The unit of the reading.")
    host = Dimension("host", description="The machine.", drill=("device",))
    device = Dimension("device", description="The device: a GPU.")
    model = Dimension("model", description="The model that was served.")
    provider = Dimension("provider", description="The provider that was asked.")
    mode = Dimension("mode", description="`gauge`, `counter` for one that only grows between restarts, `delta` for what was added since the reading before.", drill=("metric",))

    readings = Count(unit=COUNT, description="Readings.", drill=("metric",))
    mean = Mean("value", "value_count", scale=1, unit=RATIO, description="The mean reading.", drill=("device",))
    max = Reading("value", "max", unit=RATIO, title="Maximum", description="The largest reading.", drill=("device",))
    min = Reading("value", "min", unit=RATIO, title="Minimum", description="The smallest reading.", drill=("device",))
    last = Reading("value", "last", unit=RATIO, description="The latest reading.", drill=("device",))
    added = Sum("value", where={"mode": ("delta",)}, unit=RATIO, description="What deltas added up to. Of counters nothing: their growth is the difference of their readings.", drill=("device",))
