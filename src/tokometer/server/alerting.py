"""Alert rules of a running server: what they ask, what holds just now, and where alerts lead to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tokometer.accounts import Alert
from tokometer.alerting import Alerting, AlertRule, Announce, Engine, Situation, Sync
from tokometer.dashboards import addresses
from tokometer.judgement.declared import PREFIX
from tokometer.measures import Filter, Query, Question, Result, answer
from tokometer.measures.query import MOST_ROWS
from tokometer.measures.windows import resolve
from tokometer.records import to_datetime, to_us

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime

#: States of a target in which it fails.
_FAILING: Final = ("down", "secret")
#: The window of a link where a rule has none.
_DAY: Final = "24h"


def alerting_of(runtime: Runtime, workspace: str, announce: Announce | None = None) -> Alerting:
    """What looks at the rules of a server. Begins with :meth:`Alerting.start`."""
    ask = asking(runtime, workspace)
    engine = Engine(ask, workspace, link=link) if announce is None else Engine(ask, workspace, announce, link)
    engine.holder = f"{socket.gethostname()[:60]}:{runtime.data.absolute()}"

    def changed() -> None:
        runtime.broadcaster.publish({"alerts"})
        # There may be something to say.
        runtime.notifying.delivering.wake()

    return Alerting(engine, runtime.accounts, lambda: situation(runtime), changed)


def asking(runtime: Runtime, workspace: str) -> Callable[[Question, datetime], Result]:
    """Puts questions to a server's ledger, as of a moment."""

    def ask(question: Question, now: datetime) -> Result:
        return answer(runtime.ledger, question, (workspace,), now, MOST_ROWS)

    return ask


def situation(runtime: Runtime) -> Situation:
    """What holds now."""
    poller = runtime.poller
    syncs = tuple(
        Sync(
            name=f"{one.listed.source}:{one.listed.target.name}",
            title=one.listed.target.name or one.listed.source,
            failing=one.state in _FAILING,
            since=to_datetime(one.since) if one.since else None,
            problem=one.problem,
        )
        for one in (poller.standings() if poller is not None else ())
    )
    return Situation(
        now=runtime.now(), settings=runtime.settings, syncs=syncs, book=runtime.book, stated=_stated(runtime)
    )


def _stated(runtime: Runtime) -> Mapping[str, Any]:
    """How far statements of providers are known."""
    from tokometer.server.stated import statements_of  # its module imports the runtime, which imports this one

    return statements_of(runtime)


def link(rule: AlertRule, alert: Alert) -> str:
    """The records behind an alert, over the rule's window up to when it fired."""
    terms = rule.terms
    if terms.condition.page:
        return terms.condition.page
    fired = (alert.fired or alert.since).astimezone(UTC)
    window = resolve(terms.window or _DAY, "", terms.zone, to_us(fired), lambda: None)
    value = (Filter(f"{terms.cube}.{terms.each}", "=", (alert.value,)),) if terms.each and alert.value else ()
    measure = "calls.requests" if terms.measure.startswith(PREFIX) else terms.measure
    since, until = to_datetime(window.since), max(to_datetime(window.until), fired + timedelta(seconds=1))
    return addresses.records(
        Query(
            measures=(measure,),
            where=(*terms.where, *value),
            since=since.isoformat(),
            until=until.isoformat(),
            tz=terms.tz,
        )
    )
