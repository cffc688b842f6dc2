"""Context and Cache: what fills prompts and what it costs, and what becomes of what is written to caches."""

from __future__ import annotations

from typing import Final

from tokometer.dashboards import leading
from tokometer.dashboards.kinds import Also, Itemised, Ranking, Series, Stat
from tokometer.dashboards.panel import Dashboard, Group, Section

_NO_SIZES: Final = "No source of these calls tells what went into prompts, or there were none."
_BREAKS: Final = ("breaks", "pause", "switch", "compaction", "unknown")

CONTEXT: Final = Dashboard(
    id="context",
    title="Context and Cache",
    short="Context",
    key="k",
    group=Group.OBSERVE,
    about="What fills prompts and what it costs, where the cache is lost, and since when: for whoever tunes agents.",
    range="30d",
    sections=(
        Section(
            (
                Stat(
                    id="context.hits",
                    title="Cache Hit Share ({range})",
                    of="calls.cache_hit_share",
                    every=60,
                    colour="tokens",
                    also=(
                        Also("calls.prompt_tokens", "in prompts"),
                        Also("calls.long_write_share", "written for an hour"),
                    ),
                    how="The share of all prompt tokens that was read from a cache, at a tenth of the price or so.",
                ),
                Stat(
                    id="context.waste",
                    title="Writes Never Read ({range})",
                    of="judgement.cache_waste",
                    every=300,
                    colour="cost",
                    also=(
                        Also("judgement.cache_waste.share", "of what was written"),
                        Also("judgement.cache_waste.expired", "expired first"),
                    ),
                    nothing="Nothing was written to a cache in sessions.",
                    how="What was paid for cache writes that no later call of the same conversation read in time.",
                ),
                Stat(
                    id="context.lost",
                    title="Cache Breaks ({range})",
                    of="judgement.cache_breaks",
                    every=300,
                    colour="cost",
                    also=(
                        Also("judgement.cache_breaks.breaks", "breaks"),
                        Also("judgement.cache_breaks.pause_cost", "by pauses"),
                    ),
                    nothing="No conversation lost its cache.",
                    how="What calls cost more because the cache no longer had what the call before them had there.",
                ),
                Stat(
                    id="context.compactions",
                    title="Compactions ({range})",
                    of="steps.compactions",
                    every=60,
                    also=(Also("steps.compacted_tokens", "tokens summed up"),),
                    how="How often a conversation was summed up because its prompt had become long.",
                ),
            )
        ),
        Section(
            (
                Itemised(
                    id="context.groups",
                    title="What Fills Prompts ({range})",
                    of="judgement.context_groups",
                    name="group",
                    under=leading.no_words,
                    columns=("", "times", "tokens"),
                    titles=("Cost", "Times", "Tokens"),
                    share="share",
                    to=leading.group,
                    most=16,
                    every=300,
                    width=6,
                    nothing=_NO_SIZES,
                    how=(
                        "What was in the prompts and what sending it again and again cost, by MCP server and kind; all "
                        "rows together are the cost of the calls."
                    ),
                ),
                Itemised(
                    id="context.parts",
                    title="Largest Parts ({range})",
                    of="judgement.context",
                    name="name",
                    under=leading.of_part,
                    columns=("", "times", "tokens"),
                    titles=("Cost", "Times", "Tokens"),
                    share="share",
                    only=leading.is_named,
                    to=leading.part,
                    most=12,
                    every=300,
                    width=6,
                    nothing=_NO_SIZES,
                    how="Which tools, skills, memory files and attachments cost most while they stood in prompts.",
                ),
            ),
            title="Context",
        ),
        Section(
            (
                Series(
                    id="context.course",
                    title="Cache Hit Share ({range})",
                    of=("calls.cache_hit_share",),
                    by="model",
                    marks=True,
                    every=300,
                    width=6,
                    how="The share of prompt tokens that was read from a cache, by model, day by day.",
                ),
                Itemised(
                    id="context.changes",
                    title="What Changed",
                    of="judgement.cache_changes",
                    name="what",
                    under=leading.of_since,
                    columns=("", "a_month"),
                    titles=("Prompt token", "A month"),
                    changes=("", "a_month"),
                    to=leading.since,
                    most=8,
                    every=300,
                    width=6,
                    nothing="No day of the last 90 since which caching is another.",
                    how="Since when writes live longer, or more is read from the cache, and what that costs a month.",
                ),
            ),
            title="Cache",
        ),
        Section(
            (
                Ranking(
                    id="context.models",
                    title="By Model ({range})",
                    by="model",
                    of="calls.prompt_tokens",
                    columns=("calls.cache_hit_share", "calls.long_write_share"),
                    change=False,
                    every=300,
                    shares=False,
                    width=4,
                    how="Prompt tokens of each model, how many of them the cache served, what was written for an hour.",
                ),
                Ranking(
                    id="context.projects",
                    title="By Project ({range})",
                    by="project",
                    of="calls.prompt_tokens",
                    columns=("calls.cache_hit_share", "calls.long_write_share"),
                    change=False,
                    every=300,
                    shares=False,
                    width=4,
                    how="The same of each project.",
                ),
                Ranking(
                    id="context.agents",
                    title="By Agent ({range})",
                    by="agent",
                    of="calls.prompt_tokens",
                    columns=("calls.cache_hit_share", "calls.long_write_share"),
                    change=False,
                    every=300,
                    shares=False,
                    width=4,
                    how="The same of each agent.",
                ),
            )
        ),
        Section(
            (
                Ranking(
                    id="context.unread",
                    title="Writes Never Read by Project ({range})",
                    by="project",
                    of="judgement.cache_waste",
                    columns=tuple(f"judgement.cache_waste.{fact}" for fact in ("share", "expired", "last")),
                    shares=False,
                    change=False,
                    every=300,
                    width=6,
                    nothing="Nothing was written to a cache in sessions.",
                    how="Where cache writes were for nothing: because the next call came too late, or never.",
                ),
                Ranking(
                    id="context.breaks",
                    title="Cache Breaks by Project ({range})",
                    by="project",
                    of="judgement.cache_breaks",
                    columns=tuple(f"judgement.cache_breaks.{fact}" for fact in _BREAKS),
                    shares=False,
                    change=False,
                    every=300,
                    width=6,
                    nothing="No conversation lost its cache.",
                    how="Where conversations lost their cache, and why: a pause, a model, a compaction, or unknown.",
                ),
                Ranking(
                    id="context.sessions",
                    title="Dearest Breaks by Session ({range})",
                    by="session",
                    of="judgement.cache_breaks",
                    columns=tuple(f"judgement.cache_breaks.{fact}" for fact in _BREAKS),
                    shares=False,
                    change=False,
                    every=300,
                    width=6,
                    nothing="No conversation lost its cache.",
                    how="The sessions whose breaks cost most.",
                ),
                Ranking(
                    id="context.compacted",
                    title="Compactions by Project ({range})",
                    by="project",
                    of="steps.compactions",
                    columns=("steps.compacted_tokens",),
                    change=False,
                    every=300,
                    width=6,
                    nothing="No source tells of a compaction.",
                    how="Where conversations become so long that they are summed up.",
                ),
            )
        ),
    ),
)
