"""When an account is synced next: after its interval, later after failures, and not before its provider allows."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, Final

from tokometer.accounts import AccountState, ProviderAccount
from tokometer.collect.syncing.running import Result

#: After so many failures in a row an account is left alone for longer and longer.
BREAKS_AFTER: Final = 5
#: The first wait after a failure, and the longest (seconds).
_FIRST: Final = 60.0
_LONGEST: Final = 86_400.0
#: Syncs of accounts that were added together do not stay together: a part of the interval.
_JITTER: Final = 0.05
_MOST_DOUBLINGS: Final = 20


def after(account: ProviderAccount, state: AccountState, result: Result, now: datetime) -> dict[str, Any]:
    """What a sync's end makes of a state: values of it."""
    every = max(60.0, float(account.every))
    every *= 1.0 + _JITTER * random.random()  # noqa: S311 - nothing secret
    values: dict[str, Any] = dict(result.learnt)
    if result.state == "done":
        return values | {
            "synced": now,
            "due": now + timedelta(seconds=every),
            "error": "",
            "failing_since": None,
            "failures": 0,
            "held_until": None,
        }
    if result.state in ("cancelled", "broken_off"):
        # Nothing is wrong with the account. What was cancelled is not begun again at once.
        return values | {"due": now + timedelta(seconds=every if result.state == "cancelled" else 0.0)}
    failures = state.failures + 1
    wait = min(_FIRST * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), every)
    held = result.retry_after
    if failures >= BREAKS_AFTER and result.state == "failed":
        held = max(held, min(every * 2.0 ** min(failures - BREAKS_AFTER, _MOST_DOUBLINGS), _LONGEST))
    return values | {
        "due": now + timedelta(seconds=max(wait, held)),
        "error": result.error,
        "failing_since": state.failing_since or now,
        "failures": failures,
        "held_until": now + timedelta(seconds=held) if held else None,
    }


def is_due(account: ProviderAccount, state: AccountState | None, now: datetime) -> bool:
    """Whether an account is to be synced by itself now."""
    if account.paused:
        return False
    if state is None or state.due is None:
        return True
    return state.due <= now and (state.held_until is None or state.held_until <= now)
