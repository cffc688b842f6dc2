"""How accounts with providers stand, as JSON: state in a word, balance, spend, and what to do about an error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tokometer.accounts import AccountState
from tokometer.accounts.tables_connected import TOP_UPS
from tokometer.server.account_money import Left, Spend, left, month_of, spends
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.statements import KINDS, AccountKind

if TYPE_CHECKING:
    from tokometer.accounts import ProviderAccount, SyncRun, TopUp, Version

_WORKSPACE: Final = WORKSPACES[0]
#: What to do, by what an error says; the first that fits.
_REMEDIES: Final = (
    (
        ("401", "403", "key", "secret", "unauthor", "forbidden", "denied", "permission"),
        "Replace the key with one that may read usage and costs.",
    ),
    (("429", "rate limit", "too many"), "The provider wants fewer questions: it is asked again by itself."),
    (
        ("resolve", "refused", "unreach", "timed out", "connection", "does not answer"),
        "See that this machine reaches the address; it is asked again by itself.",
    ),
    (("",), "It is asked again by itself; the history has the details."),
)
_RUNS: Final = {
    "running": ("none", "Running"),
    "done": ("good", "Done"),
    "partly": ("warning", "Partly done"),
    "failed": ("critical", "Failed"),
    "broken_off": ("warning", "Broken off"),
    "cancelled": ("none", "Cancelled"),
}


def listed(runtime: Runtime) -> list[dict[str, Any]]:
    """All accounts with how they stand, by title.

    Raises:
        AccountsError: They cannot be read.
    """
    if not runtime.accounts.is_there:
        return []
    return _shown(runtime, runtime.accounts.get().provided.all(_WORKSPACE))


def _shown(runtime: Runtime, accounts: Sequence[ProviderAccount]) -> list[dict[str, Any]]:
    """Accounts with how they stand; what is asked of the database is as much for many as for one."""
    if not accounts:
        return []
    kept = runtime.accounts.get()
    put_in: dict[str, list[TopUp]] = {}
    for top_up in kept.top_ups.all(_WORKSPACE, order=(TOP_UPS.c.at, TOP_UPS.c.created)):
        put_in.setdefault(top_up.account, []).append(top_up)
    states, last, now = kept.syncs.states(_WORKSPACE), kept.syncs.latest(_WORKSPACE), runtime.now()
    spent = spends(runtime, accounts, month_of(now))
    rows = []
    for one in sorted(accounts, key=lambda one: one.title.casefold()):
        state = states.get(one.id)
        balance = left(runtime, one, state, put_in.get(one.id, []), now)
        rows.append(shown(one, state, last.get(one.id), balance, spent[one.id], now))
    return rows


def one_of(runtime: Runtime, account: str) -> dict[str, Any]:
    """One account.

    Raises:
        NotThere: There is none.
    """
    [found] = _shown(runtime, [runtime.accounts.get().provided.get(_WORKSPACE, account)])
    return found


def shown(
    one: ProviderAccount, known: AccountState | None, run: SyncRun | None, balance: Left, spent: Spend, now: datetime
) -> dict[str, Any]:
    """An account as JSON, without its key. The last names are those of the table ProviderAccounts (004)."""
    kind = KINDS.get(one.type)
    state = known or AccountState(account=one.id)
    standing, word = _standing(one, state, run, kind, now)
    error = state.error
    has_key = bool(one.sealed or one.variable)
    return {
        "id": one.id,
        "type": one.type,
        "kind": kind.title if kind is not None else one.type,
        "title": one.title,
        "address": one.address,
        "options": dict(one.options),
        "key": {"kept": has_key, "shown": one.shown, "variable": one.variable},
        "every": one.every,
        "paused": one.paused,
        "revision": one.revision,
        "state": word,
        "standing": standing,
        "synced": _text(state.synced),
        "due": None if one.paused else _text(state.due),
        "error": error or None,
        "remedy": _remedy(error) if error else None,
        "failing_since": _text(state.failing_since),
        "failures": state.failures,
        "held_until": _text(state.held_until),
        "facts": dict(state.facts),
        "known": dict(state.known),
        "balance": {
            "amount": _plain(balance.amount),
            "unit": balance.unit or None,
            "at": _text(balance.at),
            "by": balance.by or None,
            "how": balance.how,
        },
        "month": {"amount": _plain(spent.amount), "by": spent.by or None},
        "run": shown_run(run) if run is not None else None,
        "uploads": list(kind.accepts) if kind is not None and kind.uploads is not None else [],
        "provider": kind.provider if kind is not None else "",
        "is_connected": state.synced is not None and not state.error,
        "api_key_configured": has_key,
        "last_sync_at": _text(state.synced),
        "balance_unit": balance.unit or None,
        "monthly_usage": _plain(spent.amount),
        "error_message": error or None,
        "created_at": _text(one.created),
        "updated_at": _text(one.changed),
    }


def shown_run(run: SyncRun) -> dict[str, Any]:
    """A sync as JSON."""
    standing, word = _RUNS.get(run.state, ("none", run.state))
    return {
        "number": run.number,
        "trigger": run.trigger,
        "state": run.state,
        "standing": standing,
        "word": word,
        "began": _text(run.began),
        "ended": _text(run.ended),
        "portions": run.portions,
        "done": run.done,
        **{name: getattr(run, name) for name in ("new", "changed", "withdrawn", "same", "refused")},
        "requests": run.requests,
        "retries": run.retries,
        "error": run.error or None,
        "reports": dict(run.reports),
    }


def shown_version(one: Version) -> dict[str, Any]:
    """What a line said before, as JSON."""
    return {
        "number": one.number,
        "record": one.record,
        "native_id": one.native_id,
        "replaced": _text(one.replaced),
        "was": dict(one.was),
        "became": dict(one.became),
    }


def shown_top_up(one: TopUp) -> dict[str, Any]:
    """A top-up as JSON."""
    return {
        "id": one.id,
        "account": one.account,
        "at": _text(one.at),
        "amount": _plain(one.amount),
        "counted": one.counted,
        "unit": one.unit,
        "note": one.note,
        "author": one.author,
        "revision": one.revision,
    }


def shown_kind(kind: AccountKind) -> dict[str, Any]:
    """A kind of account as JSON: what a form needs."""
    key = kind.key
    return {
        "type": kind.name,
        "title": kind.title,
        "about": kind.about,
        "provider": kind.provider or None,
        "address": kind.address,
        "key": None
        if key is None
        else {"title": key.title, "example": key.example, "help": key.help, "needed": key.needed},
        "options": [
            {
                "name": one.name,
                "title": one.title,
                "help": one.help,
                "needed": one.needed,
                "choices": list(one.choices),
                "default": one.default,
            }
            for one in kind.options
        ],
        "reports": [
            {"name": one.name, "title": one.title, "first_days": one.first.days, "late_days": one.late.days}
            for one in kind.reports
        ],
        "every": kind.every,
        "tells_balance": kind.balance is not None,
        "no_balance": kind.no_balance if kind.balance is None else "",
        "uploads": list(kind.accepts) if kind.uploads is not None else [],
    }


def _standing(
    one: ProviderAccount, state: AccountState, run: SyncRun | None, kind: AccountKind | None, now: datetime
) -> tuple[str, str]:
    if kind is None:
        return "critical", "Unknown kind"
    if run is not None and run.state == "running":
        return "none", "Syncing"
    if one.paused:
        return "none", "Paused"
    if state.error:
        held = state.held_until is not None and state.held_until > now
        return "critical", "Failing, held back" if held else "Failing"
    if state.synced is not None:
        return "good", "Connected"
    return ("none", "Waits for a file") if kind.uploads is not None and not one.sealed else ("none", "Not synced yet")


def _remedy(error: str) -> str:
    said = error.casefold()
    return next(words for signs, words in _REMEDIES if any(sign in said for sign in signs))


def _plain(amount: Decimal | None) -> str | None:
    """Without zeros behind what was said."""
    return None if amount is None else f"{amount.normalize():f}"


def _text(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
