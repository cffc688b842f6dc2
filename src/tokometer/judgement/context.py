"""What fills prompts and what it costs: tools, MCP servers, skills, memory files, attachments, compactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.judgement.weights import weights
from tokometer.measures import Prompts
from tokometer.measures.questions import Rate
from tokometer.records import to_us
from tokometer.records.units import COUNT, TOKENS, USD
from tokometer.settings import Settings

#: What parts that have no name are called.
NAMES: Final = {
    "answers": "Earlier answers",
    "other": "Other / system prompt",
    "output": "New answers",
}


def rates_for(matter: Matter) -> Any:  # noqa: ANN401 - a coroutine within one, whose answers are those of any
    """Ask which models the calls are of, and give what their tokens cost; see :func:`weights`."""
    [models] = yield (matter.query("requests", by=("provider", "model")),)
    rows = sorted(models.rows, key=lambda row: -row["requests"])
    return weights(matter.book, rows, to_us(matter.now))


def asked(matter: Matter, of: str, rates: tuple[Rate, ...], by: str = "", each: tuple[str, ...] = ()) -> Prompts:
    """The question about the prompts of a matter's calls."""
    return Prompts(
        of=of,  # type: ignore[arg-type]
        by=by,
        each=each,
        where=matter.where,
        since=matter.since,
        until=matter.until,
        tz=matter.tz,
        rates=rates,
    )


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    rates = yield from rates_for(matter)
    [result] = yield (asked(matter, "parts", rates),)
    whole = sum((row["cost"] for row in result.rows), Decimal(0))
    return [_row(dict(row), whole) for row in result.rows]


def _row(row: Row, whole: Decimal) -> Row:
    return {
        "context": row["cost"],
        "kind": row["kind"],
        "name": NAMES.get(row["kind"]) or row["name"],
        "server": row["server"],
        "times": row["pieces"],
        "tokens": row["tokens"],
        "sent_tokens": row["sent_tokens"],
        "share": float(row["cost"] / whole) if whole else None,
    }


#: What parts are put together as, where they are no tools of an MCP server.
GROUPS: Final = {
    "tool": "Built-in tools",
    "skill": "Skills",
    "memory": "Memory files",
    "attachment": "Attachments",
    "compaction": "Summaries of compactions",
    **NAMES,
}


def _grouped(matter: Matter, settings: Settings) -> Inquiry:
    rows = yield from _inquire(matter, settings)
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        name = row["server"] or GROUPS.get(row["kind"], row["kind"])
        one = found.setdefault(
            (row["kind"], row["server"]),
            {
                "context_groups": Decimal(0),
                "group": name,
                "kind": "server" if row["server"] else row["kind"],
                "different": 0,
                "times": None,
                "tokens": None,
                "sent_tokens": None,
                "share": None,
            },
        )
        one["context_groups"] += row["context"]
        one["different"] += 1
        for fact in ("times", "tokens", "sent_tokens", "share"):
            if row[fact] is not None:
                one[fact] = (one[fact] or 0) + row[fact]
    return sorted(found.values(), key=lambda row: (-row["context_groups"], row["group"]))


def _no_standing(_row: Row, _: Settings) -> Standing:
    return "none"


CONTEXT: Final = Judgement(
    name="context",
    title="Cost of what fills prompts",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "What was in prompts and what it cost: results of each tool, skills, memory files, attachments, summaries of "
        "compactions and earlier answers, where the source tells their size; what is left is the system prompt, "
        "definitions of tools and messages. A token costs what it costs in the call that first sends it, and again in "
        "each later call of the session, until the prompt begins anew. All rows together are the cost of the calls."
    ),
    formula=(
        "tokens of a part = its bytes × tokens a byte of its conversation, at most what the prompt grew by; cost = "
        "Σ over the calls that sent them: new tokens are the end of the prompt, those before them cost what they cost "
        "on average in that call; by list prices of input, cache reads and writes, in proportion to the call's cost"
    ),
    by=("",),
    facts=(
        text("kind", "`tool`, `skill`, `memory`, `attachment`, `compaction`, `answers`, `other` or `output`"),
        text("name", "the tool, skill or file"),
        text("server", "the MCP server of a tool", title="MCP server"),
        Fact("times", COUNT, "integer", meaning="how often it entered a prompt"),
        Fact("tokens", TOKENS, "integer", title="Tokens that entered", meaning="how long prompts became by it"),
        Fact(
            "sent_tokens", TOKENS, "integer", title="Tokens sent", meaning="the same counted in each call that sent it"
        ),
        share("share", "of the cost of all calls"),
    ),
    thresholds="none: whether it was worth it is for the reader to say",
    inquire=_inquire,
    standing=_no_standing,
)

CONTEXT_GROUPS: Final = Judgement(
    name="context_groups",
    title="Cost of what fills prompts, by kind",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "The same by MCP server, and for everything else by kind: built-in tools, skills, memory files, attachments, "
        "summaries of compactions, earlier answers, and what is left. All rows together are the cost of the calls."
    ),
    formula="the sum of `judgement.context` over the parts of each",
    by=("",),
    facts=(
        text("group", "the MCP server, or the kind", title="Kind"),
        text("kind", "`server`, or the kind as of a part"),
        Fact("different", COUNT, "integer", title="Different", meaning="tools or files"),
        Fact("times", COUNT, "integer", meaning="how often one entered a prompt"),
        Fact("tokens", TOKENS, "integer", title="Tokens that entered", meaning="how long prompts became by them"),
        Fact("sent_tokens", TOKENS, "integer", title="Tokens sent", meaning="the same counted in each call"),
        share("share", "of the cost of all calls"),
    ),
    thresholds="none: whether it was worth it is for the reader to say",
    inquire=_grouped,
    standing=_no_standing,
)

# -- cache -------------------------------------------------------------------------------------------------------------


#: Panels of a page tell the same by these: one question serves them all.
_EACH: Final = {"writes": ("model", "project", "agent"), "breaks": ("model", "project", "agent", "session")}


def _cache(matter: Matter, of: str) -> Any:  # noqa: ANN401 - see `rates_for`
    """What became of the cache, by what the matter is told by."""
    rates = yield from rates_for(matter)
    [result] = yield (asked(matter, of, rates, each=_EACH[of]),)
    rows = [row for row in result.rows if row["by"] == matter.by]
    return [row | {matter.by: row["value"]} for row in rows] if matter.by else rows


def _waste(matter: Matter, _: Settings) -> Inquiry:
    rows = yield from _cache(matter, "writes")
    return [
        {
            **({matter.by: row[matter.by]} if matter.by else {}),
            "cache_waste": row["cost"],
            "written": row["written"],
            "unread": row["unread"],
            "unread_1h": row["unread_1h"],
            "share": row["unread"] / row["written"] if row["written"] else None,
            "beyond": row["beyond"],
            "last": row["last"],
            "expired": row["late"],
            "changed": row["changed"],
        }
        for row in rows
    ]


CACHE_WASTE: Final = Judgement(
    name="cache_waste",
    title="Cache writes never read",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "What was written to the cache and never read back before it expired: no later call of the same conversation "
        "and model, begun within five minutes (one hour for what was written for an hour), reads so far into the "
        "prompt. The last call of every session is among them: nobody can know that it is the last."
    ),
    formula="Σ tokens that were written − those that such a call reads, × what writing them cost",
    by=("", "model", "project", "agent"),
    facts=(
        Fact("written", TOKENS, "integer", title="Tokens written", meaning="tokens written to the cache"),
        Fact("unread", TOKENS, "integer", title="Never read", meaning="of them never read back"),
        Fact("unread_1h", TOKENS, "integer", title="Never read, 1 h", meaning="of those, written for an hour"),
        share("share", "never read / written"),
        Fact(
            "beyond", USD, "money", title="Beyond plain input", meaning="what writing them cost more than plain input"
        ),
        Fact("last", USD, "money", title="Nothing came after", meaning="of the cost, where the conversation ended"),
        Fact("expired", USD, "money", title="Expired first", meaning="where the next call came too late"),
        Fact("changed", USD, "money", title="Prompt had changed", meaning="where it came in time and read less"),
    ),
    thresholds="none: a pause costs less than hurrying",
    inquire=_waste,
    standing=_no_standing,
)

#: Causes of breaks and what their facts are called, in the order in which they are shown: `model` is a dimension.
CAUSES: Final = {"pause": "pause", "model": "switch", "compaction": "compaction", "unknown": "unknown"}


def _breaks(matter: Matter, _: Settings) -> Inquiry:
    rows = yield from _cache(matter, "breaks")
    found: dict[str, Row] = {}
    for row in rows:
        name = row[matter.by] if matter.by else ""
        one = found.setdefault(
            name,
            {
                **({matter.by: name} if matter.by else {}),
                "cache_breaks": Decimal(0),
                "breaks": 0,
                "lost": 0,
                **dict.fromkeys(CAUSES.values(), 0),
                **dict.fromkeys((f"{fact}_cost" for fact in CAUSES.values()), Decimal(0)),
            },
        )
        one["cache_breaks"] += row["cost"]
        one["breaks"] += row["breaks"]
        one["lost"] += row["lost"]
        one[CAUSES[row["cause"]]] += row["breaks"]
        one[f"{CAUSES[row['cause']]}_cost"] += row["cost"]
    return sorted(found.values(), key=lambda row: (-row["cache_breaks"], str(row.get(matter.by, ""))))


_WORDS: Final = {
    "pause": "more time had passed than what was written lives: five minutes, or an hour",
    "model": "the conversation went on with another model, which has a cache of its own",
    "compaction": "the prompt was cut to less than half: it was summed up, or cleared",
    "unknown": "tools, settings or an early part of the prompt were changed, or the provider dropped it",
}

CACHE_BREAKS: Final = Judgement(
    name="cache_breaks",
    title="Cache breaks",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "Calls that could have read from the cache what the call before them had there, and read at least 1,024 tokens "
        "and a tenth less; why, and what it cost more than reading it."
    ),
    formula="Σ lost tokens × (what the rest of the prompt cost a token − what a read costs)",
    by=("", "model", "project", "agent", "session"),
    facts=(
        Fact("breaks", COUNT, "integer", meaning="calls that read less than they could have"),
        Fact("lost", TOKENS, "integer", title="Tokens lost", meaning="what they could have read"),
        *(Fact(fact, COUNT, "integer", meaning=_WORDS[cause]) for cause, fact in CAUSES.items()),
        *(
            Fact(f"{fact}_cost", USD, "money", title=f"Cost of {fact}", meaning=f"what those by {fact} cost")
            for fact in CAUSES.values()
        ),
    ),
    thresholds="none: a pause costs less than hurrying",
    inquire=_breaks,
    standing=_no_standing,
)
