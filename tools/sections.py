"""Tables inside pages that people write: each stands between `<!-- made: NAME -->` and `<!-- end -->`.

Every table comes from the declarations that the code itself uses. One more table is one more function and one more line
in :data:`SECTIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

#: The pages that have such tables, below docs/.
PAGES = ("discussions/accuracy.md", "reference/dashboards.md", "reference/otlp.md", "reference/settings.md")
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


def settings() -> str:
    """Every section of tokometer.toml with its keys."""
    from tokometer.settings.sections import SECTIONS

    parts = []
    for section in SECTIONS:
        head = f"[[{section.name}]]" if section.many else f"[{section.name}]"
        rows = [(f"`{key.name}`", key.takes, key.meaning, key.default) for key in section.keys]
        about = f"### {section.title}\n\n`{head}`. {section.meaning}\n\n"
        parts.append(about + table("key | takes | meaning | default", rows))
    return "\n".join(parts)


def settings_example() -> str:
    """A whole tokometer.toml."""
    from tokometer.settings.sections import example

    return f"```toml\n{example()}```\n"


def devices() -> str:
    """What is known of common devices."""
    from tokometer.settings.facts import DEVICES

    rows = ((one.match, f"{one.peak_tflops:,g}", f"{one.power_watts:,g}", one.source, one.checked) for one in DEVICES)
    return table("device | peak, 10¹² a second | power, W | source | checked", rows)


def open_models() -> str:
    """What is known of open models."""
    from tokometer.settings.facts import MODELS

    rows = ((one.match, f"{(one.active_parameters or 0) / 1e9:,g}", one.source, one.checked) for one in MODELS)
    return table("model | active parameters, 10⁹ | source | checked", rows)


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


def events() -> str:
    """Log events by who sends them, and what each becomes."""
    from tokometer.sources.otlp.events import EVENT_DIALECTS

    words = {
        "call": "a call",
        "failure": "a failed call",
        "tool": "a tool call",
        "line": "a log line",
        "score": "a score",
    }
    rows = []
    for dialect in EVENT_DIALECTS:
        by_kind: dict[str, list[str]] = {}
        for name, event in (*dialect.events.items(), *dialect.others.items()):
            full = name if name in dialect.others else dialect.prefix + name
            by_kind.setdefault(event.what, []).append(full)
        rows += [(dialect.title, code(by_kind[kind]), word) for kind, word in words.items() if kind in by_kind]
    return table("who | event | becomes", rows)


def event_notes() -> str:
    """What is to be known of each dialect of log events."""
    from tokometer.sources.otlp.events import EVENT_DIALECTS

    rows = (
        (
            dialect.title,
            code(name.lstrip("<+") for names in dialect.attributes.values() for name in names.split()),
            dialect.notes,
        )
        for dialect in EVENT_DIALECTS
    )
    return table("who | attributes of its own | to be known", rows)


def labels() -> str:
    """Attributes whose content becomes labels."""
    from tokometer.sources.otlp.labels import KNOWN

    what = {"tags": "tags", "object": "an object, each key of it a label", "value": "one label"}
    what["request"] = f"{what['object']}, but for HTTP headers and ids"
    return table("attribute | holds | sent by", ((f"`{name}`", what[kind], who) for name, (kind, who) in KNOWN.items()))


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


def billing() -> str:
    """Of every billing fact: what its price is taken from."""
    from price_rules import billing as table_of_rules

    return table_of_rules()


def dashboards() -> str:
    """Every dashboard with its panels."""
    from dashboard_guide import dashboards as guide

    return guide()


def panel_kinds() -> str:
    """Every kind of panel."""
    from dashboard_guide import kinds

    return kinds()


def ranges() -> str:
    """The ranges of pages."""
    from dashboard_guide import ranges as of_the_menu

    return of_the_menu()


SECTIONS: dict[str, Callable[[], str]] = {
    "event-notes": event_notes,
    "events": events,
    "billing": billing,
    "buckets": buckets,
    "certainty": certainty,
    "cost-keys": cost_keys,
    "dashboards": dashboards,
    "devices": devices,
    "dialects": dialects,
    "facts": facts,
    "labels": labels,
    "nothing": nothing,
    "notices": notices,
    "object-keys": object_keys,
    "objects": objects,
    "open-models": open_models,
    "panel-kinds": panel_kinds,
    "ranges": ranges,
    "regions": regions,
    "settings": settings,
    "settings-example": settings_example,
    "tiers": tiers,
    "token-keys": token_keys,
}
