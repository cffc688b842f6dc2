"""What whoever looks at any page should know: what cannot be had or taken just now, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from tokometer.accounts import AccountsWhenAsked
from tokometer.alerting import Alerting
from tokometer.ledger import Ledger, LedgerError
from tokometer.records import to_datetime
from tokometer.server.price_list import PriceList
from tokometer.server.watch import Watch


def warnings_of(
    price_list: PriceList, watch: Watch, accounts: AccountsWhenAsked, alerting: Alerting, ledger: Ledger
) -> Iterator[str]:
    """The sentences. Asks the ledger nothing."""
    if price_list.error:
        yield f"{price_list.error}; the prices before it hold on."
    if watch.trouble:
        what = "" if watch.damaged else "Records cannot be taken just now: "
        yield f"{what}{watch.trouble}."
    if accounts.trouble:
        yield (
            "Saved views, notes, own dashboards, budgets and alert rules cannot be had just now: "
            f"{accounts.trouble}. Nothing else is touched by that."
        )
    elif alerting.trouble:
        yield f"Alert rules cannot be looked at just now: {alerting.trouble}."
    yield from _of_ledger(ledger)


def _of_ledger(ledger: Ledger) -> Iterator[str]:
    try:
        missing = ledger.missing
    except LedgerError:
        missing = None
    if missing is not None:
        since = f" since {to_datetime(missing.since):%-d %b %Y, %H:%M} UTC" if missing.since else ""
        yield (
            f"{missing.commits:,} commits that were acknowledged are missing{since}: restore a backup, or let "
            "`tokometer doctor --repair` read again what the sources still have."
        )
    aside = len(ledger.unsettled)
    if aside:
        yield (
            f"{aside:,} quarter hour{'s' if aside > 1 else ''} could not be settled and "
            f"{'are' if aside > 1 else 'is'} not in what is shown: Sources says which, and why."
        )
