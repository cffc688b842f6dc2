"""Tables inside pages that people write: each stands between `<!-- made: NAME -->` and `<!-- end -->`.

Every table comes from the declarations that the code itself uses. One more table is one more function and one more line
in :data:`SECTIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokometer.prices.rules import Source

#: The pages that have such tables, below docs/.
PAGES = ("discussions/accuracy.md", "reference/otlp.md")
_SECTION = re.compile(r"<!-- made: (?P<name>[a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def with_sections(text: str) -> str:
    """A page with its tables as the code has them now."""
    return _SECTION.sub(lambda found: f"<!-- made: {found['name']} -->\n{SECTIONS[found['name']]()}<!-- end -->", text)


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown; `head` is its columns with bars between."""
    lines = [f"| {head} |", "|" + "---|" * len(head.split(" | "))]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def code(names: Iterable[str]) -> str:
    """Names as Markdown shows code, with commas between."""
    return ", ".join(f"`{name}`" for name in names)


def buckets() -> str:
    """What each kind of count fills, and where it stands when no total tells."""
    from tokometer.sources.otlp.tokens import SLOTS

    rows = (
        (f"`{slot}`", code(meaning.fills.split(", ")), code(filter(None, [meaning.part_of])), meaning.unless_told)
        for slot, meaning in SLOTS.items()
    )
    return table("count | fills | may be a part of | where no total tells", rows)


def dialects() -> str:
    """What is read of every dialect, what is assumed, and what is not known."""
    from tokometer.sources.otlp.costs import COST_KEYS, COST_OBJECTS
    from tokometer.sources.otlp.dialects import DIALECTS, senders_of
    from tokometer.sources.otlp.object_keys import OBJECT_KEYS, OBJECTS
    from tokometer.sources.otlp.tokens import KEYS

    read: dict[str, dict[str, None]] = {name: {} for name in DIALECTS}
    told = [(slot, senders) for slot, keys in (*KEYS.items(), *COST_KEYS.items()) for senders in keys.values()]
    told += [(key.slot, key.senders) for key in OBJECT_KEYS.values()]
    told += [(name, senders) for name, senders in COST_OBJECTS.items()]
    told += [(name, holder.senders) for name, holder in OBJECTS.items()]
    for slot, senders in told:
        for dialect in senders_of(senders):
            read[dialect][slot] = None
    rows = ((name, code(read[name]), dialect.assumed, dialect.unknown) for name, dialect in DIALECTS.items())
    return table("who | read | assumed | not known", rows)


def token_keys() -> str:
    """Every attribute of tokens and quantities, with who sends it."""
    from tokometer.sources.otlp.tokens import KEYS

    return table("count | attribute | sent by", _key_rows(KEYS))


def cost_keys() -> str:
    """Every attribute of costs, with who sends it."""
    from tokometer.sources.otlp.costs import COST_KEYS, COST_OBJECTS

    rows = [*_key_rows(COST_KEYS), *(("an object of costs", f"`{name}`", who) for name, who in COST_OBJECTS.items())]
    return table("what | attribute | sent by", rows)


def _key_rows(keys_by_slot: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    for slot, keys in keys_by_slot.items():
        for key, senders in keys.items():
            yield f"`{slot}`", f"`{key}`", senders


def object_keys() -> str:
    """Every key inside an object of counts."""
    from tokometer.sources.otlp.object_keys import OBJECT_KEYS

    rows = ((f"`{key.slot}`", f"`{key.name}`", key.place.strip("-"), key.senders) for key in OBJECT_KEYS.values())
    return table("count | key | where no total tells | whose word", rows)


def objects() -> str:
    """Every attribute that holds an object of counts."""
    from tokometer.sources.otlp.object_keys import OBJECTS

    rows = (
        (
            f"`{name}`",
            "beside one another, by agreement" if holder.disjoint else "as the conventions say",
            holder.senders,
        )
        for name, holder in OBJECTS.items()
    )
    return table("attribute | its flat keys are | sent by", rows)


def nothing() -> str:
    """What stands among usage and is none of our counts, by its words."""
    from tokometer.sources.otlp.tokens import NOTHING

    return table("words of the key | what it is", NOTHING.items())


def facts() -> str:
    """Parts of buckets and quantities, and where each is read from."""
    from tokometer.records import PARTS, QUANTITIES
    from tokometer.records.fields import FIELDS
    from tokometer.sources.otlp.tokens import KEYS

    own = {field.name for field in FIELDS["calls"]}
    rows = [
        (f"`{name}`", what, code(list(KEYS.get(name, ()))[:1]), code({f"{name}_tokens", name} & own))
        for name, what in ((*((part, f"tokens of `{of}`") for part, of in PARTS.items()), *QUANTITIES.items()))
    ]
    return table("fact | what it is | first attribute that says it | field of our own API", rows)


def tiers() -> str:
    """Words for service tiers that are understood."""
    from tokometer.records.tiers import TIERS

    meanings: dict[str, list[str]] = {}
    for word, meaning in TIERS.items():
        meanings.setdefault(meaning, []).append(word)
    return table("a tier that is | is called", ((meaning, code(words)) for meaning, words in meanings.items()))


def regions() -> str:
    """Attributes and hosts that say where a call was served."""
    from tokometer.sources.otlp.attributes import ATTRIBUTES
    from tokometer.sources.otlp.facts import HOSTS

    said = [name for name, attribute in ATTRIBUTES.items() if attribute.slot == "region"]
    rows = [(code(said), "the attribute's"), *((f"a host like `{host}`", whose) for host, whose in HOSTS.items())]
    return table("said by | whose word", rows)


def certainty() -> str:
    """What a price can rest on, and why there can be none."""
    from tokometer.records.basis import ASSUMPTIONS, REASONS

    rows = [("exact", "", "The price is listed for its model, time, tier and size; or the source reported the cost.")]
    rows += [("assumed", f"`{word}`", meaning) for word, meaning in ASSUMPTIONS.items()]
    rows += [("unpriced", f"`{word}`", meaning) for word, meaning in REASONS.items()]
    return table("price | word | meaning", rows)


def notices() -> str:
    """What is counted where no rule understood it."""
    from tokometer.records import TOPICS

    return table("topic | what is counted", ((f"`{topic}`", meaning) for topic, meaning in TOPICS.items()))


def labels() -> str:
    """Attributes whose content becomes labels."""
    from tokometer.sources.otlp.labels import KNOWN

    what = {"tags": "tags", "object": "an object, each key of it a label", "value": "one label"}
    return table("attribute | holds | sent by", ((f"`{name}`", what[kind], who) for name, (kind, who) in KNOWN.items()))


def tier_rules() -> str:
    """What a service tier costs where no list has its prices."""
    from tokometer.prices.rules import TIER_RULES

    rows = (
        (
            rule.provider,
            rule.tier,
            _times(rule.factor, rule.other),
            _models(rule.families, rule.models),
            _source(rule.source),
        )
        for rule in TIER_RULES
    )
    return table("provider | tier | times the standard price | of | from", rows)


def region_rules() -> str:
    """What being served in a region adds."""
    from tokometer.prices.rules import REGION_RULES

    rows = (
        (
            rule.provider,
            f"`{rule.region}`",
            "not known: nothing is added, and the price is assumed"
            if rule.factor is None
            else f"{float(rule.factor):g}",
            _models(rule.families, "")
            + (f", from {'.'.join(map(str, rule.claude_from))} on" if rule.claude_from != (0, 0) else ""),
            _source(rule.source),
        )
        for rule in REGION_RULES
    )
    return table("provider | region | times the price of every bucket | of | from", rows)


def other_rules() -> str:
    """What is billed beside tokens, parts of buckets, and refusals."""
    from tokometer.prices.rules import PART_RULES, QUANTITY_RULES, REFUSAL_RULES

    rows = [
        (
            q.provider,
            f"`{q.name}`",
            ("as listed" if q.price is None else f"{q.price} USD") + (f", {q.minimum} at least" if q.minimum else ""),
            _models(q.families, q.models),
            _source(q.source),
        )
        for q in QUANTITY_RULES
    ]
    rows += [
        (
            p.provider,
            f"`{p.part}`",
            ("as its bucket" if p.price is None else f"{p.price} USD per million")
            + ("; presumed where nobody says what the bucket is made of" if p.presumed else ""),
            _models(p.families, p.models),
            _source(p.source),
        )
        for p in PART_RULES
    ]
    rows += [
        (
            r.provider,
            "a refusal without output",
            "not known: billed, and assumed" if r.free_from is None else f"free from {r.free_from} on",
            _models(r.families, ""),
            _source(r.source),
        )
        for r in REFUSAL_RULES
    ]
    return table("provider | what | costs | of | from", rows)


def _times(factor: Fraction, other: Mapping[str, Fraction]) -> str:
    return ", ".join([f"{float(factor):g}", *(f"{name} {float(value):g}" for name, value in other.items())])


def _models(families: Iterable[str], models: str) -> str:
    return ", ".join([*families, *([f"`{models}`"] if models else [])]) or "all"


def _source(source: Source) -> str:
    return " ".join(filter(None, [f"[{source.checked}]({source.url})", source.note]))


SECTIONS: dict[str, Callable[[], str]] = {
    "buckets": buckets,
    "certainty": certainty,
    "cost-keys": cost_keys,
    "dialects": dialects,
    "facts": facts,
    "labels": labels,
    "nothing": nothing,
    "notices": notices,
    "object-keys": object_keys,
    "objects": objects,
    "other-rules": other_rules,
    "region-rules": region_rules,
    "regions": regions,
    "tier-rules": tier_rules,
    "tiers": tiers,
    "token-keys": token_keys,
}
