"""Our own records with anything wrong in any of them: each is kept or refused, and its neighbours are kept."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from faults.budget import Budget, corpus
from generators.mutations import encoded, mutated
from generators.own_records import full, least
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records.fields import FIELDS
from tokometer.sources import own

#: Records in one body: every tenth is ours, the others are spoiled.
RECORDS = 40
EVERY = 10
COMMIT_EVERY = 4


def items_of(kind: str, chance: Random, *, bytes_too: bool) -> list[bytes]:
    """The records of one body."""
    made = []
    for number in range(RECORDS):
        if number % EVERY == EVERY - 1:
            made.append(json.dumps(least(kind, number)).encode())
            continue
        item = full(kind, chance, number)
        donor = full(chance.choice(tuple(FIELDS)), chance, number)
        made.append(mutated(item, chance, donor) if bytes_too else mutated(item, chance, donor, bytes_too=False))
    return made


def check(kind: str, found: own.Own, count: int | None) -> None:
    """Every record is accounted for, all of ours are there, and what was taken is fit to be kept."""
    if count is not None:
        assert len(found.records) + len(found.refusals) == count
    positions = [refusal.position for refusal in found.refusals]
    assert positions == sorted(set(positions))
    kept = {record.native_id for record in found.records}
    assert {f"own-{kind}-{number}" for number in range(EVERY - 1, RECORDS, EVERY)} <= kept
    for refusal in found.refusals:
        assert "mistake" not in refusal.reason
        assert len(refusal.reason) < 500
        assert len(refusal.field) < 200
        (refusal.reason + refusal.field).encode()
    pack(found.records)


@pytest.mark.parametrize("kind", FIELDS)
def test_any_record_spoils_itself_at_most(kind: str, budget: Budget, ledger: Ledger) -> None:
    """Whatever a record holds, it is kept or refused; ours are kept, in any form of body; the ledger is sound."""
    batch = Batch(corrections=True)
    for number, chance in budget.rounds(f"own-{kind}", 4, 400):
        lines = number % 4 != 0
        items = items_of(kind, chance, bytes_too=lines)
        body = b"\n".join(items) if lines else b"[" + b",".join(items) + b"]"
        count = sum(1 for line in body.split(b"\n") if line.strip(b" \t\r\x1e")) if lines else RECORDS
        with budget.tried("own", number, body):
            media = "application/x-ndjson" if lines else "application/json"
            found = own.read(kind, body, media, bodies=number % 2 == 0)
            check(kind, found, count)
            batch.records += found.records
            batch.refusals += found.refusals
            if number % COMMIT_EVERY == 0:
                ledger.commit(batch)
                ledger.settle()
                batch = Batch(corrections=True)
    assert ledger.audit() == []
    ((kept,),) = ledger.fetch(Statement(f"SELECT count(*) FROM {kind} WHERE starts_with(native_id, 'own-')"))
    assert kept >= RECORDS // EVERY


@pytest.mark.parametrize("form", ["array", "object", "lines"])
def test_a_broken_body_is_refused_as_one(form: str, budget: Budget) -> None:
    """Bytes that are no JSON at all are refused by the one declared error."""
    for number, chance in budget.rounds(f"own-{form}", 80, 15_000):
        kind = chance.choice(tuple(FIELDS))
        item = full(kind, chance)
        whole = [item, least(kind)] if form == "array" else item
        body = mutated(whole, chance, least(kind))
        media = "application/x-ndjson" if form == "lines" else "application/json"
        with budget.tried("own", number, body):
            try:
                found = own.read(kind, body, media)
            except own.NotRecords as error:
                assert len(str(error)) < 300  # noqa: PT017 - it need not be raised
            else:
                for record in found.records:
                    pack([record])


@pytest.mark.parametrize("given", corpus("own"), ids=lambda path: path.name)
def test_what_once_did_harm(given: Path) -> None:
    """Every input of the corpus, of the kind that its name begins with, is read between two of ours, which are kept."""
    kind = given.name.partition("-")[0]
    ours = [encoded(least(kind, number)) for number in (1, 2)]
    found = own.read(kind, b"\n".join([ours[0], given.read_bytes(), ours[1]]), "application/x-ndjson")
    assert {f"own-{kind}-1", f"own-{kind}-2"} <= {record.native_id for record in found.records}
    pack(found.records)
