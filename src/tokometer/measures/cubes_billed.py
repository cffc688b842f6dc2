"""What can be asked of what providers say: lines of their bills, and of their reports of usage."""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from tokometer.measures.cubes import Recorded
from tokometer.measures.kinds import HIGHER, LOWER, Count, Dimension, Sum
from tokometer.records.units import COUNT, RATIO, TOKENS, USD


class Bills(Recorded, table="bills"):
    """One row per line of a provider's bill, placed at its start."""

    provider = Dimension("provider", description="Whose bill it is.", drill=("line_item",))
    type = Dimension("type", description="`usage`, `credit`, `top_up`, `balance`, `adjustment` or `revenue`.", drill=("provider",))
    currency = Dimension("currency", description="The currency that was billed.")
    line_item = Dimension("line_item", description="What was billed.")
    model = Dimension("model", description="The model that was billed.", drill=("line_item",))
    project = Dimension("project", description="The provider's project.", drill=("line_item",))
    team = Dimension("team", description="The team.", drill=("line_item",))
    invoice = Dimension("invoice", description="The invoice's number.", drill=("line_item",))
    report = Dimension("report", description="The report of a provider's account that it is a line of.", drill=("line_item",))
    api_key = Dimension("api_key", title="API key", description="The provider's own name of the API key.", drill=("line_item",))
    user = Dimension("user", description="The provider's own name of the person.", drill=("line_item",))
    service_tier = Dimension("service_tier", description="`standard`, `batch`, `priority`, `flex`.", drill=("line_item",))
    token_type = Dimension("token_type", description="Of which tokens: `input`, `cache_read`, `cache_write`, `output`; empty where it is of something else.", drill=("line_item",))
    quantity_unit = Dimension("quantity_unit", title="Unit", description="What the quantity is counted in. Quantities of different units do not mix: filter or group by it.")

    lines = Count(unit=COUNT, title="Bill lines", description="Lines of bills.", drill=("line_item",))
    amount = Sum("amount", where={"type": ("usage", "adjustment")}, unit=USD, better=LOWER, title="Billed", description="What providers charged for usage, adjustments included.", drill=("line_item",))
    credits = Sum("amount", where={"type": ("credit", "top_up")}, unit=USD, description="Credits and top-ups.", drill=("line_item",))
    revenue = Sum("amount", where={"type": ("revenue",)}, unit=USD, better=HIGHER, title="Billed revenue", description="Revenue from uploaded or synchronised bills.", drill=("team",))
    list_amount = Sum("list_amount", where={"type": ("usage", "adjustment")}, unit=USD, better=LOWER, title="At list price", description="What it would have cost at list price, where the bill tells.", drill=("line_item",))
    listed = Sum("list_amount", "unlisted", where={"type": ("usage", "adjustment")}, unit=USD, better=LOWER, title="Billed before discounts", description="What it would have cost at list price where the bill tells, and what was charged where it does not.", drill=("line_item",))
    unconverted = Sum("unconverted", unit=COUNT, better=LOWER, title="Not converted", description="Lines in another currency of which nobody knows the rate of their day; they are in no sum.", drill=("currency",))
    quantity = Sum("quantity", unit=RATIO, title="Billed quantity", description="How much was billed, in the unit of the line.", drill=("quantity_unit",))


class Reported(Recorded, table="reported"):
    """One row per line of a provider's report of usage, placed at its start."""

    provider = Dimension("provider", description="Who reports it.", drill=("model",))
    report = Dimension("report", description="The report of a provider's account.", drill=("model",))
    model = Dimension("model", description="The model.", drill=("project",))
    project = Dimension("project", description="The provider's project or workspace.", drill=("api_key",))
    api_key = Dimension("api_key", title="API key", description="The provider's own name of the API key.", drill=("model",))
    user = Dimension("user", description="The provider's own name of the person.", drill=("model",))
    team = Dimension("team", description="The team.", drill=("model",))
    service_tier = Dimension("service_tier", description="`standard`, `batch`, `priority`, `flex`.", drill=("model",))
    operation = Dimension("operation", description="`chat`, `embeddings`, `images`, …", drill=("model",))
    quantity_unit = Dimension("quantity_unit", title="Unit", description="What the quantity is counted in. Quantities of different units do not mix: filter or group by it.")

    lines = Count(unit=COUNT, title="Reported lines", description="Lines of reports.", drill=("report",))
    requests = Sum("requests", unit=COUNT, title="Reported requests", description="Requests, where the report counts them.", drill=("model",))
    input_tokens = Sum("input_tokens", unit=TOKENS, title="Reported input tokens", description="Prompt tokens that no cache served or took.", drill=("model",))
    cache_read_tokens = Sum("cache_read_tokens", unit=TOKENS, title="Reported cache reads", description="Prompt tokens served from the provider's cache.", drill=("model",))
    cache_write_tokens = Sum("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_unknown_tokens", unit=TOKENS, title="Reported cache writes", description="Prompt tokens written to the provider's cache.", drill=("model",))
    cache_write_1h_tokens = Sum("cache_write_1h_tokens", unit=TOKENS, title="Reported cache writes, 1 h", description="Prompt tokens written to the provider's cache for an hour.", drill=("model",))
    cache_write_unknown_tokens = Sum("cache_write_unknown_tokens", unit=TOKENS, title="Reported cache writes, lifetime unknown", description="Prompt tokens written to the provider's cache of which the report does not say for how long.", drill=("model",))
    unsplit_tokens = Sum("unsplit_tokens", unit=TOKENS, title="Reported unsplit tokens", description="Tokens of which the report does not say in which direction they went.", drill=("model",))
    output_tokens = Sum("output_tokens", unit=TOKENS, title="Reported output tokens", description="Generated tokens, reasoning included.", drill=("model",))
    reasoning_tokens = Sum("reasoning_tokens", unit=TOKENS, title="Reported reasoning tokens", description="Generated tokens that were reasoning.", drill=("model",))
    total_tokens = Sum("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_unknown_tokens", "output_tokens", "unsplit_tokens", unit=TOKENS, title="Reported tokens", description="Tokens of every bucket.", drill=("model",))
    estimated_cost = Sum("estimated_cost", unit=USD, better=LOWER, title="Provider's estimate", description="What the provider reckons that it cost; no line of the bill.", drill=("model",))
    quantity = Sum("quantity", unit=RATIO, description="What is counted in another unit than tokens.", drill=("quantity_unit",))
