"""Asking one target once, and what comes of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Final

from tokometer.collect.fetching import Fetcher
from tokometer.collect.targets import Listed
from tokometer.ledger.aside import waiting_of
from tokometer.ledger.packed import Stood
from tokometer.ledger.protocol import Batch
from tokometer.records import Refusal, now_us
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import admit
from tokometer.records.redaction import Held, redacted, without_held
from tokometer.sources.protocol import Fetch, Poll, PollError, Reading, Target

#: Of what went wrong.
_LONGEST: Final = 300
_MISTAKE: Final = "cannot be read because of a mistake in Tokometer ({}); please report it"
_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What came of asking a target once."""

    batch: Batch = field(default_factory=Batch)
    #: Where to go on from next time.
    state: bytes = b""
    #: Why there is no reading; None where there is one.
    failure: PollError | None = None
    #: The first thing in it that was refused, for people.
    bad: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to keep."""
        batch = self.batch
        return not (batch.records or batch.refusals or batch.notices or batch.aside or batch.cursors or batch.healed)


def ask(listed: Listed, poll: Poll, state: bytes, fetch: Fetcher) -> Outcome:
    """What a target has that is new since `state`, after the gate; whatever goes wrong is of this target alone."""
    with Held() as held:
        try:
            target = replace(listed.target, secret=listed.secret())
            held.keep_out(target.secret)
            fetch.target = target
            return _kept(listed, _read(poll, target, state, fetch), state)
        except PollError as error:
            # A target may quote the secret that it does not take.
            error.args = (without_held(str(error)),)
            return Outcome(failure=error, state=state)
        except Exception as error:  # noqa: BLE001 - a mistake in one source must not stop the others; shown as one
            _LOG.warning("asking %s: %s", listed.place, type(error).__name__, exc_info=True)
            reason = _MISTAKE.format(type(error).__name__)
            refusal = Refusal(listed.source, listed.place, 0, "", reason, at=now_us())
            return Outcome(Batch(refusals=[refusal]), state, PollError(reason), reason)


def _read(poll: Poll, target: Target, state: bytes, fetch: Fetch) -> Reading:
    try:
        return poll.read(target, state, fetch, now_us())
    except PollError:
        raise
    except Exception:
        if not state:
            raise
        # It may be the state that is damaged; what was read before is known by its ids.
        return poll.read(target, b"", fetch, now_us())


def _kept(listed: Listed, reading: Reading, before: bytes) -> Outcome:
    """A reading after the gate, as a batch."""
    given = listed.target.labels
    if given:
        for record in reading.records:
            record.labels = {**given, **(record.labels or {})}
    admitted = admit(reading.records, listed.place, now=now_us())
    refusals, notices = fit_to_tell([*reading.refusals, *admitted.refusals], [*reading.notices, *admitted.notices])
    batch = Batch(
        admitted.records,
        refusals,
        notices=notices,
        aside=[waiting_of(*one) for one in admitted.aside],
        stood=[Stood(listed.place, len(admitted.records))],
        healed=[(listed.source, place) for place in reading.healed],
    )
    if reading.state and reading.state != before:
        batch.cursors[listed.source, listed.place] = reading.state
    bad = f"{refusals[0].field}: {refusals[0].reason}".removeprefix(": ") if refusals else ""
    return Outcome(batch, reading.state or before, bad=redacted(bad, _LONGEST))
