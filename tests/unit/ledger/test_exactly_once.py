"""The invariant: whatever order, grouping or repetition records arrive in, the ledger ends up the same."""

from __future__ import annotations

import itertools
import random
from copy import deepcopy
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.packed import pack
from tokometer.records import ModelCall, Record, to_us
from tokometer.records.time import QUARTER_US

_EXAMPLES = itertools.count()
START = to_us(datetime(2026, 3, 8, tzinfo=UTC))


@st.composite
def versions(draw: st.DrawFn) -> list[ModelCall]:
    """All the versions in which one call may be met: partial, full, copied elsewhere, replayed, without its request."""
    number = draw(st.integers(0, 10**6))
    at = START + draw(st.integers(0, 400)) * QUARTER_US // 3
    tokens = draw(st.integers(1, 10**9))
    real = {
        "source": "t",
        "group": f"m{number}",
        "provider": draw(st.sampled_from(["openai", "anthropic"])),
        "model": draw(st.sampled_from(["a", "b", "c"])),
        "status": draw(st.sampled_from(["ok", "ok", "timeout"])),
        "cost_priced": draw(st.one_of(st.none(), st.integers(0, 10**12))),
        "started_at": at,
    }
    full = ModelCall(
        native_id=f"m{number}|r", revision=tokens, output_tokens=tokens, session_id=f"s{number % 7}", origin=0, **real
    )
    met: list[ModelCall] = [full]
    if draw(st.booleans()):
        part = max(0, tokens - draw(st.integers(1, 50)))
        met.append(
            ModelCall(native_id=full.native_id, revision=part, output_tokens=part, session_id=full.session_id, **real)
        )
    if draw(st.booleans()):
        met.append(
            ModelCall(
                native_id=full.native_id, revision=tokens, output_tokens=tokens, session_id="copy", origin=1, **real
            )
        )
    if draw(st.booleans()):
        met.append(ModelCall(native_id=f"m{number}|side", shadow=True, output_tokens=tokens, session_id="side", **real))
    if draw(st.booleans()):
        nameless = ModelCall(native_id=f"m{number}|", echo=True, output_tokens=tokens, session_id="echo", **real)
        if draw(st.booleans()):
            met.append(nameless)
        else:
            # Nobody tells of its request: then it is what counts.
            met = [nameless, *(version for version in met if version.shadow)]
    return met


def facts(ledger: Ledger, workspace: str) -> tuple[object, ...]:
    """Everything that the ledger says of its calls."""
    ledger.settle()
    return (
        ledger.fetch(
            Statement(
                "SELECT quarter, model, provider, requests, output_tokens, cost_usd, unpriced FROM cells "
                "WHERE workspace = $workspace ORDER BY ALL",
                {"workspace": workspace},
            )
        ),
        ledger.fetch(
            Statement(
                "SELECT session_id, requests, output_tokens FROM sessions WHERE workspace = $workspace ORDER BY ALL",
                {"workspace": workspace},
            )
        ),
        ledger.fetch(
            Statement(
                "SELECT quarter, scope, provider, active, bad, requests, errors FROM availability "
                "WHERE workspace = $workspace ORDER BY ALL",
                {"workspace": workspace},
            )
        ),
    )


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(versions(), min_size=1, max_size=12, unique_by=lambda met: met[0].group), st.randoms())
def test_order_repetition_and_grouping_do_not_matter(
    ledger: Ledger, calls: list[list[ModelCall]], chance: random.Random
) -> None:
    """One ledger gets each call's best version once; the other all versions, shuffled, repeated, in pieces."""
    # A workspace each is a ledger each, and cheaper to make.
    truth, tried = f"truth-{next(_EXAMPLES)}", f"tried-{next(_EXAMPLES)}"
    ledger.commit(Batch([_in(truth, met[0]) for met in calls]))
    heap: list[Record] = [_in(tried, version) for met in calls for version in met]
    heap += chance.choices(heap, k=len(heap) // 2)
    chance.shuffle(heap)
    while heap:
        size = chance.randint(1, len(heap))
        ledger.commit(_some_packed(heap[:size], chance))
        heap = heap[size:]
        if chance.random() < 0.3:
            ledger.settle()
    assert facts(ledger, tried) == facts(ledger, truth)
    assert ledger.audit() == []


def _some_packed(records: list[Record], chance: random.Random) -> Batch:
    """A batch of these, some as records, some as one or several lots of columns."""
    loose = chance.choice([0, 0, len(records) // 2, len(records)])
    batch = Batch(records[:loose])
    rest = records[loose:]
    while rest:
        size = chance.randint(1, len(rest))
        batch.packed.append(pack(rest[:size]))
        rest = rest[size:]
    return batch


def _in(workspace: str, call: ModelCall) -> ModelCall:
    copy = deepcopy(call)
    copy.workspace = workspace
    return copy
