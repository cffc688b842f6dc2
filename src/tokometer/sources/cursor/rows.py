"""The rows of an export as calls.

A row has no id. It is known by what it says, and by which of the rows that say the same it is: of two exports that
overlap, the same rows are the same calls. What can still change, the cost and its kind, is no part of that.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import blake2b
from typing import Final

from tokometer.records import ModelCall, Record, RecordError, infer_provider
from tokometer.records.values import money
from tokometer.sources.documents import Item
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "cursor"
_DATE: Final = "Date"
_WRITTEN: Final = "Input (w/ Cache Write)"
_FRESH: Final = "Input (w/o Cache Write)"
_READ: Final = "Cache Read"
_OUTPUT: Final = "Output Tokens"
_TOTAL: Final = "Total Tokens"
_OWN_COST: Final = "Cost to you"
#: By what a row is known.
_IDENTITY: Final = (_DATE, "Model", _WRITTEN, _FRESH, _READ, _OUTPUT, _TOTAL)
_KNOWN: Final = frozenset({*_IDENTITY, "Kind", "Max Mode", "Cost", _OWN_COST, "User", "User Email", ""})
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
#: What stands where there is no amount.
_NO_AMOUNT: Final = frozenset({"", "-", "nan", "included", "n/a", "null", "free"})


def items_of(content: bytes, noticed: Noticed) -> Iterator[Item]:
    """The rows of an export.

    Raises:
        RecordError: It is not one, or not text.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordError("", "is not UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    missing = [name for name in _IDENTITY if name not in reader.fieldnames]
    if missing:
        raise RecordError(missing[0], "there is no such column; is this an export of Cursor's usage?")
    for name in reader.fieldnames:
        if name not in _KNOWN:
            noticed.add("field", name)
    met: Counter[str] = Counter()
    at = -1
    try:
        for at, row in enumerate(reader):
            values = {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
            if len(values) < len(reader.fieldnames):
                yield Item(at, partial(_refuse, "has fewer columns than the first line; was the file cut off?"))
                continue
            identity = "\x1f".join(values[name] for name in _IDENTITY)
            met[identity] += 1
            make = partial(_records, values, identity, met[identity], noticed, at)
            yield Item(at, partial(_with_revision, make, len(content)))
    except csv.Error:
        yield Item(at + 1, partial(_refuse, "is not CSV; was the file cut off?"))


def _refuse(reason: str) -> Iterator[Record]:
    raise RecordError("", reason)


def _with_revision(make: Callable[[], Iterator[Record]], revision: int) -> Iterator[Record]:
    """Of two exports the larger one is right about what they both have: costs are settled later."""
    for record in make():
        record.revision = revision
        yield record


def _records(row: Mapping[str, str], identity: str, which: int, noticed: Noticed, at: int) -> Iterator[Record]:
    told = Told({name: value for name, value in row.items() if value})
    model = told.text("Model")
    if not model:
        noticed.add("model", "a row without a model", at)
    day = _DAY.fullmatch(row[_DATE])
    # Of a day, noon: in nearly every time zone it is in that day.
    started_at = Told({_DATE: f"{row[_DATE]}T12:00:00Z"}).moment(_DATE) if day else told.moment(_DATE)
    kind = told.text("Kind")
    call = ModelCall(
        source=NAME,
        native_id=f"{blake2b(identity.encode(), digest_size=16).hexdigest()}|{which}",
        started_at=told.needed(started_at, _DATE),
        provider=infer_provider(model),
        model=model,
        agent=NAME,
        user=told.text("User", "User Email"),
    )
    fresh, written = told.whole(_FRESH) or 0, told.whole(_WRITTEN) or 0
    read, output, total = told.whole(_READ) or 0, told.whole(_OUTPUT) or 0, told.whole(_TOTAL)
    # The two inputs stand beside each other; where the total proves that one holds the other, they are parted. Without
    # a total their names are believed.
    inside = written >= fresh > 0 and (total == written + read + output if total else True)
    call.input_tokens, call.cache_read_tokens, call.output_tokens = fresh, read, output
    call.cache_write_unknown_tokens = written - fresh if inside else written
    if total and not inside and total != fresh + written + read + output:
        noticed.add("usage", "a total that its parts do not add up to", at)
    call.cost_reported = _cost(row, kind, model)
    if "not charged" in kind.lower():
        call.status = "cancelled" if "abort" in kind.lower() else "server_error"
    labels = {"billing": kind.lower(), "max_mode": told.text("Max Mode").lower()}
    call.labels = {name: value for name, value in labels.items() if value} or None
    yield call


def _cost(row: Mapping[str, str], kind: str, model: str) -> int | None:
    """What was charged, as far as it is money: nano-USD; None is left to the price book."""
    lower = kind.lower()
    if "not charged" in lower:
        return 0
    stated, own = _amount(row, "Cost"), _amount(row, _OWN_COST)
    if own:
        return own
    included = "included" in lower or row.get("Cost", "").strip().lower() == "included" or own == 0
    if "user api key" in lower:
        # The provider of the model charges it.
        return None
    if included and infer_provider(model):
        return None
    # What `auto` and Cursor's own models cost, only Cursor can say.
    return stated


def _amount(row: Mapping[str, str], name: str) -> int | None:
    text = row.get(name, "").replace("$", "").replace(",", "").strip()
    if text.lower() in _NO_AMOUNT:
        return None
    try:
        return money(text)
    except ValueError as error:
        raise RecordError(name, str(error)) from None
