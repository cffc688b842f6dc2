"""Tables into a ledger that is open here: a portion that somebody imports, and the tables that settings name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tokometer.collect.asking import ask
from tokometer.collect.committing import commit_all
from tokometer.collect.fetching import Fetcher
from tokometer.collect.pricing import price_each
from tokometer.collect.targets import Listed, listed, secret_in, together
from tokometer.ledger.aside import waiting_of
from tokometer.ledger.packed import Stood
from tokometer.ledger.protocol import Batch, Ledger, Receipt
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Refusal, now_us
from tokometer.records.gate import admit
from tokometer.settings import FILE_NAME, OwnTargets, read_settings
from tokometer.sources.protocol import Reading
from tokometer.sources.registry import SOURCES
from tokometer.sources.table.given import SOURCE
from tokometer.sources.table.polled import POLLED, is_busy
from tokometer.sources.table.reading import Portion, take

_SHOWN: Final = 20


def keep(ledger: Ledger, book: PriceBook, portion: Portion, place: str) -> dict[str, Any]:
    """Commit what a portion of a table says; counts of what became of it, and the first of the refused.

    Raises:
        LedgerError: The ledger cannot write. Portions before stand.
    """
    reading = Reading()
    take(reading, portion, place)
    admitted = admit(reading.records, place, now=now_us())
    refusals = [*reading.refusals, *admitted.refusals]
    batch = Batch(
        admitted.records,
        refusals,
        notices=[*reading.notices, *admitted.notices],
        aside=[waiting_of(*one) for one in admitted.aside],
        stood=[Stood(place, len(admitted.records))],
    )
    return _told(_commit(ledger, book, batch), refusals)


def tables_of(data: Path, env: Mapping[str, str]) -> list[Listed]:
    """The tables that the settings of a data folder name.

    Raises:
        SettingsError: They cannot be read.
    """
    own = OwnTargets(data)
    told = [listed(one, SOURCES, "file", secret_in(one, env)) for one in read_settings(data / FILE_NAME).targets]
    added = [listed(one, SOURCES, "page", secret_in(one, env, own)) for one in own.targets]
    return [one for one in together([*added, *told], ()) if one.source == SOURCE and one.key not in own.paused]


def ask_tables(ledger: Ledger, book: PriceBook, listed: Iterable[Listed]) -> dict[str, Any]:
    """Read on in every table that settings name, to its end; one that cannot be read is named and stops no other.

    Raises:
        LedgerError: The ledger cannot write.
    """
    told: dict[str, Any] = {"accepted": 0, "duplicate": 0, "changed": 0, "refused": 0, "refusals": [], "problems": []}
    told["tables"] = 0
    states = ledger.cursors(SOURCE)
    for one in listed:
        if one.paused:
            continue
        told["tables"] += 1
        state, more = states.get(one.place, b""), True
        while more:
            outcome = ask(one, POLLED, state, Fetcher(one.target))
            if outcome.failure is not None:
                told["problems"].append(f"{one.place}: {outcome.failure}")
                break
            refusals = list(outcome.batch.refusals)
            if not outcome.empty:
                found = _told(_commit(ledger, book, outcome.batch), refusals)
                told = {name: told[name] + found.get(name, type(told[name])()) for name in told}
            more, state = is_busy(outcome.state), outcome.state
    return told


def _commit(ledger: Ledger, book: PriceBook, batch: Batch) -> Receipt:
    price_each(book, [record for record in batch.records if isinstance(record, ModelCall)])
    return commit_all(ledger, batch)


def _told(receipt: Receipt, refusals: list[Refusal]) -> dict[str, Any]:
    return {
        "accepted": receipt.accepted,
        "duplicate": receipt.duplicate,
        "changed": receipt.changed,
        "refused": receipt.refused,
        "refusals": [
            {"place": one.place, "position": one.position, "field": one.field, "reason": one.reason}
            for one in [*refusals, *receipt.spoiled.values()][:_SHOWN]
        ],
    }
