"""Kinds of record that hold what a provider says of the use of it: lines of its bill, and of its reports of usage."""

from __future__ import annotations

from typing import ClassVar, Literal

from tokometer.records.record import Record, Tokens


class Bill(Record, kw_only=True, gc=False):
    """One line of a provider's bill or balance: what they say it cost, to hold against what we metered."""

    kind: ClassVar[str] = "bills"

    provider: str
    #: What it is in US dollars; None where the line is in another currency and nobody knows the rate of its day.
    amount: int | None
    ended_at: int
    type: Literal["usage", "credit", "top_up", "balance", "adjustment", "revenue"] = "usage"
    #: The currency of `stated_amount`, and of the bill.
    currency: str = "USD"
    line_item: str = ""
    model: str = ""
    project: str = ""
    team: str = ""
    invoice: str = ""
    quantity: float | None = None
    quantity_unit: str = ""
    #: What the line says, in its own currency (1e-9 of it); None where that is US dollars, and `amount` says it.
    stated_amount: int | None = None
    #: What it would have cost at list price, in US dollars, where the bill tells.
    list_amount: int | None = None
    #: The report that it is a line of, as our accounts name it: `costs`.
    report: str = ""
    #: The provider's own names of these: a key's id there, a person, a workspace's or project's id is `project`.
    api_key: str = ""
    user: str = ""
    #: `standard`, `batch`, `priority`, `flex`, as calls have it.
    service_tier: str = ""
    #: Of which tokens: `input`, `cache_read`, `cache_write`, `output`; empty where it is of something else.
    token_type: str = ""


class Reported(Record, kw_only=True, gc=False):
    """One line of a provider's report of usage: what they say was used from `started_at` to `ended_at`, by whom.

    Tokens are in the same disjoint buckets as those of calls. What is counted in another unit (images, seconds,
    searches, seats, lines) is a `quantity`. A line that its provider no longer states has zeros.
    """

    kind: ClassVar[str] = "reported"

    provider: str
    ended_at: int
    #: The report that it is a line of, as our accounts name it: `usage/completions`.
    report: str = ""
    model: str = ""
    #: The provider's own names of these: ids, or what it calls them.
    project: str = ""
    api_key: str = ""
    user: str = ""
    team: str = ""
    service_tier: str = ""
    operation: str = ""
    requests: Tokens | None = None
    input_tokens: Tokens | None = None
    cache_read_tokens: Tokens | None = None
    cache_write_5m_tokens: Tokens | None = None
    cache_write_1h_tokens: Tokens | None = None
    cache_write_unknown_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    #: A part of `output_tokens`.
    reasoning_tokens: Tokens | None = None
    #: Tokens of which nobody says in which direction they went; in no bucket.
    unsplit_tokens: Tokens | None = None
    quantity: float | None = None
    quantity_unit: str = ""
    #: What its provider reckons that this cost, in US dollars: an estimate, and no line of the bill.
    estimated_cost: int | None = None
