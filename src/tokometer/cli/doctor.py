"""`tokometer doctor`: what was found, how much of it has a price, and whether the ledger is sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import EXIT_FINDINGS
from tokometer.cli.shown import Loud, say, say_json, say_loudly, say_table, without_secrets
from tokometer.cli.tables import Heading, Line, Table, dollars, number, size
from tokometer.records.plural import counted, verb

_MOST = 10
#: Folders of one source that are listed.
_FOLDERS = 3
#: What most people have: where it would be is said, where nothing is there at all.
_FIRST = ("claude_code", "codex", "gemini_cli", "openclaw")
#: How wide a label beside a paragraph is, and a line.
_LABEL = 11
_WIDTH = 100
#: What is the matter with a price; see collect.certainty.Uncertain.lack.
_DOUBTS = {"": "assumed", "no-price": "no price", "usage-unknown": "unknown usage"}
#: What the statements of providers are kept under.
_STATEMENTS = "statements"
#: What a source has in a check-up if it gave anything.
_GIVEN = ("kept", "refused", "not_understood")


@click.command(short_help="Sources found, price coverage, health of the ledger.")
@click.option(
    "--audit", is_flag=True, help="Also prove that every rollup equals its records; exit 1 where one does not."
)
@click.option("--repair", "repairs", is_flag=True, help="Make a damaged ledger whole, without what cannot be read.")
@click.option("--yes", is_flag=True, help="Repair without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_option
@click.pass_context
def doctor(context: click.Context, audit: bool, repairs: bool, yes: bool, as_json: bool, data: Path) -> None:
    """Say which tools were found, how much of their usage has a price, and whether the ledger is sound."""
    if repairs:
        from tokometer.cli.repairing import repair

        repair(data, sure=yes)
        return
    from tokometer.cli.doors import open_door

    with open_door(data) as door:
        found = door.examine(audit=audit)
        who = door.words
    if as_json:
        say_json(found)
    else:
        for line in _words(found, who):
            if isinstance(line, Table):
                say_table(line)
            elif isinstance(line, Loud):
                say_loudly(without_secrets(line))
            else:
                say(without_secrets(line))
    if found["audit"] is not None and (found["audit"]["count"] or found["ledger"]["missing"]):
        context.exit(EXIT_FINDINGS)


def _words(found: Mapping[str, Any], who: str) -> Iterator[str | Table]:
    if found.get("reading"):
        from tokometer.cli.reading import reading_words
        from tokometer.records.zone import local_zone

        yield f"Still importing: {reading_words(found['reading'], local_zone())}; what is older is not here yet."
        yield ""
    if problem := found.get("settings", {}).get("error"):
        yield Loud(f"Settings {problem}")
        yield "         The server stays with what was settled before; nothing starts with this file."
        yield ""
    if problem := found["prices"].get("error"):
        yield Loud(f"Prices   {problem}")
        yield "         The server stays with the prices before; nothing starts with this file."
        yield ""
    yield from _sources(found["sources"])
    for broken in found.get("plug_ins", ()):
        yield Loud(f"Plug-in  {broken['name']} of {broken['package']} cannot be used: {broken['reason']}")
    if trouble := found.get("grpc", {}).get("trouble"):
        yield Loud(f"gRPC     {trouble}")
    if found.get("targets"):
        yield ""
        yield from _targets(found["targets"])
    yield ""
    for overlap in found.get("overlaps", ()):
        yield f"Twice    {overlap['words']}"
    if found.get("overlaps"):
        yield ""
    yield from _prices(found["prices"])
    yield ""
    yield from _notices(found["notices"])
    yield from _ledger(found["ledger"], who)
    if found["audit"] is not None:
        yield ""
        yield from _audit(found["audit"])


def _sources(sources: list[dict[str, Any]]) -> Iterator[Table | str]:
    """The sources that are here, or gave anything; then the names of the tools that are not."""
    here = [source for source in sources if source["folders"] or any(source[name] for name in _GIVEN)]
    columns = ("Files", "Calls kept", "Other records", "Refused")
    table = Table([Heading("Source", "left"), *map(Heading, columns), Heading("Where", "left")])
    for source in here or [source for source in sources if source["name"] in _FIRST]:
        others = sum(count for kind, count in source["kept"].items() if kind != "calls")
        counts = (source["files"] or None, source["calls"], others, source["refused"])
        table.lines.append(Line([source["title"], *map(number, counts), "\n".join(_where(source))]))
    yield table
    others = [source for source in sources if source not in here and source["files"] is not None]
    found = [source for source in others if source["looked"]]
    named = [source for source in others if not source["looked"]]
    for words, of in (("Not here", found), ("Exports of", named)):
        if of:
            tail = "(--json says where each was looked for)" if of is found else "are read where you name them"
            listed = f"{', '.join(source['title'] for source in of)} {tail}"
            yield from _hung(f"{words:<{_LABEL}}", listed)


def _where(source: Mapping[str, Any]) -> list[str]:
    """Where a source's records come from, a line each."""
    folders: list[str] = source["folders"]
    if len(folders) > _FOLDERS:
        return [*folders[:_FOLDERS], f"… and {len(folders) - _FOLDERS} more"]
    if folders:
        return folders
    if not source["kept"] and source["looked"]:
        return [f"{place} (not there)" for place in source["looked"]]
    ways = ["named files"] if source["files"] is not None else []
    ways += ["targets"] if source["asked"] else []
    ways += [f"POST {path}" for path in source["taken_at"]]
    return [", ".join(ways) or ("accounts" if source["name"] == _STATEMENTS else "sent to this server")]


def _hung(label: str, words: str) -> Iterator[str]:
    """A paragraph that hangs below its label."""
    lines = wrap(words, _WIDTH - len(label))
    for at, line in enumerate(lines):
        yield f"{label if at == 0 else ' ' * len(label)}{line}"


def _targets(targets: list[dict[str, Any]]) -> Iterator[Table | str]:
    """What is asked every so often."""
    table = Table([Heading("Target", "left"), Heading("Source", "left"), Heading("State", "left"), Heading("Records")])
    for one in targets:
        words = f"{one['state']}: {one['problem']}" if one.get("problem") else one["state"]
        records = number(one["total"]) if "total" in one else ""
        table.lines.append(Line([one["name"], one.get("title", one["source"]), words, records]))
    yield table
    if any(one["state"] == "not asked" for one in targets):
        yield "         Only a server asks them: tokometer serve"


def _prices(prices: dict[str, Any]) -> Iterator[str]:
    calls, unpriced = prices["calls"], prices["unpriced"]
    if not calls:
        yield f"Prices   {prices['version']}; no calls yet"
        return
    have = verb(calls, "has", "have")
    yield f"Prices   {prices['version']}; {1 - unpriced / calls:.2%} of {counted(calls, 'call')} {have} a price"
    if prices["no_price"]:
        models = verb(prices["no_price"], "a model", "models")
        yield f"         {counted(prices['no_price'], 'call')} of {models} without a price"
    if prices["usage_unknown"]:
        yield f"         {counted(prices['usage_unknown'], 'call')} of unknown usage, whatever the model costs"
    if prices["assumed"]:
        amount, are = dollars(Decimal(prices["cost_assumed"])), verb(prices["assumed"], "is", "are")
        yield f"         {prices['assumed']:,} {are} priced on an assumption, {amount} of the cost"
    found = prices["uncertain"]
    for one in found[:_MOST]:
        name, provider = one["model"] or "(unknown)", one["provider"] or "unknown provider"
        cost = "" if one["cost"] is None else f", {dollars(Decimal(one['cost']))}"
        many = counted(one["calls"], "call")
        yield f"         {_DOUBTS[one['lack']]} ({', '.join(one['words'])}): {name} ({provider}), {many}{cost}"
    if len(found) > _MOST:
        yield f"         … and {len(found) - _MOST} more (--json lists them)"
    for words, mend in {tuple(one["words"]): one["mend"] for one in found[:_MOST]}.items():
        yield f"         {', '.join(words)}: {mend}"
    if found:
        yield "         Prices of your own: docs/how-to/prices.md"


def _notices(notices: dict[str, Any]) -> Iterator[str]:
    """What no rule understood, with what would mend each topic once; nothing where there is nothing."""
    if not notices["count"]:
        return
    names, times = counted(notices["names"], "name"), counted(notices["count"], "time")
    yield f"Unread   {names} that no rule understood, met {times}:"
    shown = notices["listed"][:_MOST]
    for one in shown:
        times = counted(one["count"], "time")
        yield f"         {one['source']}, {one['topic']} {one['name']}: {times}, as in {one['place']}"
    if notices["names"] > len(shown):
        yield f"         … and {notices['names'] - len(shown):,} more (--json lists {len(notices['listed']):,})"
    for topic, mend in {one["topic"]: one["mend"] for one in shown}.items():
        yield f"         {topic}: {mend}"
    yield ""


def _ledger(ledger: dict[str, Any], who: str) -> Iterator[str]:
    from tokometer.collect.kept import kept_words
    from tokometer.records import KINDS

    yield f"Ledger   {ledger['engine']}, schema {ledger['schema']}, {size(ledger['bytes'])}; asked: {who}"
    # What is added up from the records, or kept beside them, is in the JSON.
    rows = {kind: ledger["rows"][kind] for kind in KINDS if ledger["rows"].get(kind)}
    yield from _hung(" " * 9, kept_words(rows) if rows else "empty")
    if ledger["trouble"]:
        yield Loud(f"         Records cannot be taken just now: {ledger['trouble']}")
    if ledger["missing"]:
        yield from _missing(ledger["missing"])
    aside = ledger.get("unsettled", [])
    if aside:
        yield Loud(f"Aside    {counted(len(aside), 'quarter hour')} could not be settled; tried again:")
    for one in aside[:_MOST]:
        yield f"         {one['since']}: {one['missing']} since {one['set_aside_at']}: {one['reason']}"
    if len(aside) > _MOST:
        yield f"         … and {len(aside) - _MOST:,} more (--json lists them)"
    waiting = ledger["waiting"]
    if waiting["count"]:
        by_source = ", ".join(f"{count:,} of {source}" for source, count in waiting["by_source"].items())
        records, are = counted(waiting["count"], "record"), verb(waiting["count"], "is", "are")
        yield f"Waiting  {records} {are} ahead of the clock ({by_source}): is it right?"
        yield f"         They are kept aside and tried again when it has come to them: {waiting['next_due'][:16]} UTC."
    if ledger["refused"]:
        yield f"Refused  {counted(ledger['refused'], 'record')}; the latest:"
        for refusal in ledger["latest_refusals"]:
            yield f"         {refusal['place']}:{refusal['position']} {refusal['field']}: {refusal['reason']}"


def _missing(missing: Mapping[str, Any]) -> Iterator[str]:
    since = f" since {missing['since'][:16]} UTC" if missing["since"] else ""
    commits = missing["commits"]
    what = "1 commit that was acknowledged is" if commits == 1 else f"{commits:,} commits that were acknowledged are"
    yield Loud(f"Missing  {what} not in the ledger{since}")
    yield "         Its log was cut off, or an older copy is in its place. Stop the server and restore a backup, or run"
    yield "         `tokometer doctor --repair`, which reads again what the sources still have."


def _audit(audit: dict[str, Any]) -> Iterator[str]:
    found = audit["discrepancies"]
    if not found:
        yield f"Audit    every rollup equals its records ({audit['seconds']:.1f} s)"
        return
    differ = verb(audit["count"], "differs from its", "differ from their")
    words = f"Audit    {counted(audit['count'], 'rollup value')} {differ} records"
    yield click.style(words, fg="red", bold=True)
    for one in found[:_MOST]:
        key = ", ".join(f"{name}={value}" for name, value in one["key"].items())
        yield f"         {one['table']}.{one['column']} of {key}: {one['stored']} is stored, {one['expected']} is right"
    yield "         Please report this. Restarting the server rebuilds what is marked as changed."
