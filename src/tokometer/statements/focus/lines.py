"""Lines of a bill as records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b
from typing import Final, Literal

from tokometer.records import Notice, Record, Refusal
from tokometer.records.billed import Bill
from tokometer.sources.noticed import Noticed
from tokometer.statements.focus.naming import (
    measured,
    model_of,
    provider_of,
    table_of,
    tier_of,
    token_type_of,
    unresolved,
)
from tokometer.statements.focus.plan import piece_of
from tokometer.statements.focus.reading import Bill as File
from tokometer.statements.focus.reading import BillError, Left, Line, Scope, Wrong
from tokometer.statements.protocol import SOURCE, Asked, Of, Stated

#: The report that lines of bills are of.
REPORT: Final = "bills"
_NANO: Final = Decimal(10) ** 9
_USD: Final = "USD"
_PAGE: Final = 2_000
#: Labels of a line; bills have hundreds of tags.
_MOST_TAGS: Final = 20
_LONGEST: Final = 200
#: Of a name in the name of a statement.
_SHOWN: Final = 60
_SEPARATOR: Final = "\x1f"
#: A currency has three letters.
_CODE: Final = 10

Type = Literal["usage", "credit", "adjustment"]
#: What is no charge for use: FOCUS's categories, and CUR's and Azure's types of line.
_CREDITS: Final = frozenset({"credit"})
_ADJUSTMENTS: Final = frozenset(
    {
        *("tax", "adjustment", "refund", "roundingadjustment", "discount", "bundleddiscount", "edpdiscount"),
        *("privateratediscount", "spprivateratediscount", "savingsplannegation"),
    }
)


def stated(
    asked: Asked,
    file: File,
    place: str,
    scope: Scope | None = None,
    *,
    of: Callable[[Line], Of | None] = lambda _: None,
) -> Iterator[Stated]:
    """Pages of what a statement, or a whole file, says; what was left out or could not be believed comes last.

    `of` says what a line is of; lines of different statements are on different pages.

    Raises:
        BillError: The files cannot be read.
    """
    table = table_of(asked.options.get("models", ""))
    every = asked.options.get("rows", "") == "all"
    noticed = Noticed(SOURCE, place)
    refusals: list[Refusal] = []
    page: list[tuple[Of | None, Bill]] = []
    day: dict[tuple[str, ...], Line] = {}
    for found in file.lines(scope, every=every):
        if isinstance(found, Line):
            if day and found.since != next(iter(day.values())).since:
                page += [(of(line), _bill(asked, line, table)) for line in day.values()]
                day = {}
            _add(day, found)
            if missing := unresolved(found.keys, table):
                noticed.add("model", f"inference profile {missing}")
        elif isinstance(found, Wrong):
            told = f"{found.reason} (first in row {found.position:,} of {found.rows:,} such rows)"
            refusals.append(Refusal(SOURCE, place, found.position, found.field, told, workspace=asked.workspace))
        else:
            yield Stated(notices=[_left(asked, place, found)])
        if len(page) >= _PAGE:
            yield from _pages(page)
            page = []
    page += [(of(line), _bill(asked, line, table)) for line in day.values()]
    for line_number, why in file.rejects():
        refusals.append(Refusal(SOURCE, place, line_number, "row", f"is no row: {why}", workspace=asked.workspace))
    yield from _pages(page)
    yield Stated([], refusals, noticed.all())


def stated_by_file(asked: Asked, file: File, name: str) -> Iterator[Stated]:
    """Pages of what an uploaded file says, each of the bill of one sub-account for one billing period.

    Those that it names without a line that is kept have a page without lines: so much is stated, too.

    Raises:
        BillError: The file cannot be read.
    """
    export, piece = piece_of(name)
    for scope in file.scopes():
        for sub_account in sorted(scope.sub_accounts):
            yield Stated(of=Of(_statement(scope.period, scope.account, sub_account), export, piece))

    def of(line: Line) -> Of:
        return Of(_statement(line.period, line.keys["account"], line.keys["sub_account"]), export, piece)

    yield from stated(asked, file, name, of=of)


def refused(asked: Asked, place: str, error: BillError) -> Stated:
    """What is said of a file that is no bill."""
    return Stated(refusals=[Refusal(SOURCE, place, 0, error.field or "file", str(error), workspace=asked.workspace)])


def _pages(lines: Sequence[tuple[Of | None, Bill]]) -> Iterator[Stated]:
    """Lines by what they are of."""
    found: dict[Of | None, list[Record]] = {}
    for of, line in lines:
        found.setdefault(of, []).append(line)
    for of, records in found.items():
        yield Stated(records, of=of)


def _statement(period: str, account: str, sub_account: str) -> str:
    """What a sub-account is billed for a period; named shortly however long names are."""
    whole = _SEPARATOR.join((period, account, sub_account))
    shown = " ".join(part[:_SHOWN] for part in (period, account, sub_account) if part)
    return f"{shown} {blake2b(whole.encode('utf-8', 'replace'), digest_size=6).hexdigest()}"


def _left(asked: Asked, place: str, left: Left) -> Notice:
    return Notice(SOURCE, "charge", "lines about no model", place, left.rows, workspace=asked.workspace)


def _add(day: dict[tuple[str, ...], Line], line: Line) -> None:
    """Lines whose tags are the same but for how they are written are one line."""
    keys = line.keys | {"tags": _canonical(line.keys["tags"])}
    name = (line.period, *keys.values())
    other = day.get(name)
    if other is None:
        day[name] = line._replace(keys=keys)
        return
    day[name] = other._replace(
        until=max(other.until, line.until),
        billed=other.billed + line.billed,
        listed=_sum(other.listed, line.listed),
        quantity=_sum(other.quantity, line.quantity),
        priced_quantity=_sum(other.priced_quantity, line.priced_quantity),
        rows=other.rows + line.rows,
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return one if other is None else other if one is None else one + other


def _bill(asked: Asked, line: Line, table: Mapping[str, str]) -> Bill:
    keys = line.keys
    currency = (keys["currency"] or _USD).upper()[:_CODE]
    amount = _nano(line.billed)
    usd = currency == _USD
    token_type = token_type_of(keys)
    quantity, unit = _quantity(line, token_type)
    tags = _tags(keys["tags"])
    return Bill(
        source=SOURCE,
        native_id=_name(asked, line),
        started_at=line.since,
        ended_at=line.until,
        workspace=asked.workspace,
        account=asked.title,
        provider=provider_of(keys),
        type=_type(keys),
        amount=amount if usd else None,
        stated_amount=None if usd else amount,
        currency=currency,
        list_amount=_nano(line.listed) if usd and line.listed is not None else None,
        line_item=_item(keys),
        model=model_of(keys, table),
        project=keys["sub_account"][:_LONGEST],
        team=tags.get(asked.options.get("team_tag", ""), ""),
        invoice=keys["invoice"][:_LONGEST],
        region=keys["region"][:_LONGEST],
        quantity=quantity,
        quantity_unit=unit[:_LONGEST],
        report=REPORT,
        service_tier=tier_of(keys),
        token_type=token_type,
        labels=tags or None,
    )


def _name(asked: Asked, line: Line) -> str:
    """Of what the line is about; the same from whichever file, in whichever form."""
    text = _SEPARATOR.join((line.period, *line.keys.values()))
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"{asked.id}:{REPORT}:{line.since // 86_400_000_000}:{digest}"


def _type(keys: Mapping[str, str]) -> Type:
    category = keys["category"].lower().replace(" ", "")
    if category in _CREDITS:
        return "credit"
    # A correction of a period that is closed is no use of this one.
    return "adjustment" if category in _ADJUSTMENTS or keys["class_"].lower() == "correction" else "usage"


def _item(keys: Mapping[str, str]) -> str:
    words = keys["described"] or keys["meter"] or keys["service"]
    category = keys["category"]
    said = f"{category}: {words}" if category.lower() not in ("", "usage") and words else words or category
    unused = keys["discount_status"].lower() == "unused"
    return (f"{said} (unused commitment)" if unused else said)[:_LONGEST]


def _quantity(line: Line, token_type: str) -> tuple[float | None, str]:
    keys = line.keys
    about = f"{keys['described']} {keys['meter']} {keys['sku_described']}"
    if line.quantity is not None:
        return measured(line.quantity, keys["unit"], token_type, about)
    if line.priced_quantity is not None:
        return measured(line.priced_quantity, keys["priced_unit"], token_type, about)
    return None, ""


def _nano(amount: Decimal) -> int:
    return int((amount * _NANO).to_integral_value(ROUND_HALF_EVEN))


def _canonical(tags: str) -> str:
    told = _tags(tags)
    return json.dumps(told, sort_keys=True, ensure_ascii=False) if told else ""


def _tags(text: str) -> dict[str, str]:
    """The tags of a line: a JSON object, or the pairs of Azure's older files; nothing where it is neither."""
    if not text:
        return {}
    try:
        told = json.loads(text if text.startswith(("{", "[")) else f"{{{text}}}")
    except (ValueError, RecursionError):
        return {}
    if isinstance(told, list):
        told = {one.get("key", ""): one.get("value", "") for one in told if isinstance(one, dict)}
    if not isinstance(told, dict):
        return {}
    pairs = [(str(name)[:_LONGEST], _word(value)[:_LONGEST]) for name, value in sorted(told.items())]
    return dict([(name, value) for name, value in pairs if name and value][:_MOST_TAGS])


def _word(value: object) -> str:
    return value if isinstance(value, str) else "true" if value is True else json.dumps(value) if value else ""
