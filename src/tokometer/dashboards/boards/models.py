"""Models & providers: what there is, what is used of it, how well it does, and what is known of each account."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards.kinds import Cards, Cross, Ranking, Series, Share, Stat
from tokometer.dashboards.panel import Dashboard, Group, Section

MODELS: Final = Dashboard(
    id="models",
    title="Models & Providers",
    short="Models",
    key="m",
    group=Group.COMPARE,
    range="30d",
    about="Which models there are, which are used and how well, with which tools and knowledge, and at what cost.",
    sections=(
        Section(
            (
                Stat(
                    id="models.available",
                    title="Models Available",
                    of="models.models",
                    window="all",
                    every=300,
                    nothing="Nobody has told which models there are.",
                    how="Models that providers offer or machines hold.",
                ),
                Stat(
                    id="models.providers",
                    title="Providers Connected",
                    of="models.providers",
                    window="all",
                    every=300,
                    nothing="Nobody has told which models there are.",
                    how="Providers that have told which models they offer.",
                ),
                Stat(
                    id="models.chats",
                    title="Chats",
                    of="calls.sessions",
                    every=60,
                    how="Conversations and sessions that overlap the window.",
                ),
                Stat(
                    id="models.cost",
                    title="API Costs This Month",
                    of="calls.cost",
                    window="month",
                    every=60,
                    colour="cost",
                    how="What all calls of this month have cost so far.",
                ),
            ),
            title="Quick stats",
        ),
        Section(
            (
                Cards(
                    id="models.status",
                    title="Provider Status",
                    leads="providers",
                    by="provider",
                    state="judgement.connection",
                    figures=(("calls.cost", "this month", "month"), ("calls.total_tokens", "tokens today", "today")),
                    inner="model",
                    of="calls.sessions",
                    words="conversations",
                    every=300,
                    how="Whether each provider's usage arrives, what it cost this month, and its most used models.",
                ),
            )
        ),
        Section(
            (
                Ranking(
                    id="models.table",
                    title="Models",
                    leads="model-performance",
                    by="model",
                    of="calls.sessions",
                    columns=(
                        "judgement.inventory.provider",
                        "judgement.inventory.size",
                        "judgement.inventory.tools",
                        "judgement.inventory.age",
                        "judgement.inventory.success_rate",
                        "judgement.inventory.p95_latency",
                        "judgement.inventory.stars",
                    ),
                    top=10,
                    width=12,
                    change=False,
                    find=True,
                    every=120,
                    how="Who serves each model, its size, tool support, conversations, last use, and how well it does.",
                ),
            )
        ),
        Section(
            (
                Series(
                    id="models.trends",
                    title="By model",
                    of=("calls.cost", "calls.total_tokens", "calls.requests"),
                    by="model",
                    shape="bars",
                    switch=True,
                    per=True,
                    marks=True,
                    width=8,
                    every=120,
                    how="Daily, weekly and monthly use of each model; switch between cost, tokens and requests.",
                ),
                Share(
                    id="models.breakdown",
                    title="Cost Breakdown by Provider",
                    leads="business",
                    by="provider",
                    of="calls.cost",
                    width=4,
                    top=6,
                    every=120,
                    how="Which provider the money went to.",
                ),
            ),
            title="Usage",
        ),
        Section(
            (
                Cross(
                    id="models.knowledge",
                    title="Knowledge Base Correlation",
                    of="calls.requests",
                    by="knowledge_base",
                    across="model",
                    most=(12, 5),
                    width=8,
                    every=300,
                    nothing="No call of this window says which knowledge base it drew on.",
                    how="Which models answer from which knowledge bases, in calls.",
                ),
                Ranking(
                    id="models.tool_usage",
                    title="Tool Usage",
                    by="tool",
                    of="tools.calls",
                    columns=("tools.error_rate", "tools.p95_duration"),
                    width=4,
                    every=120,
                    change=False,
                    how="Which tools are called how often, how many calls of them fail, and how long they take.",
                ),
            )
        ),
        Section(
            (
                Ranking(
                    id="models.accounts",
                    title="API Account Status",
                    by="provider",
                    of="calls.cost",
                    columns=(
                        "judgement.connection",
                        "judgement.connection.account",
                        "judgement.connection.sources",
                        "judgement.connection.age",
                        "judgement.connection.synced",
                        "judgement.connection.balance",
                    ),
                    top=10,
                    width=12,
                    change=False,
                    shares=False,
                    every=300,
                    how="How each account stands; see Accounts. A balance nobody tells is left out.",
                ),
            )
        ),
    ),
)
