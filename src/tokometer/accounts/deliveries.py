"""What is to be said by channels, and what became of it. Each thing is said once, whoever says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tokometer.accounts.database import reading, writing
from tokometer.accounts.decided import Channel, Delivery, Digest
from tokometer.accounts.tables_decided import CHANNELS, DELIVERIES, DIGESTS

WAITING: Final = "waiting"
SENT: Final = "sent"
FAILED: Final = "failed"
DROPPED: Final = "dropped"
#: Deliveries that are looked at together.
_MOST: Final = 1_000
#: Characters of an error that are kept.
_ERROR: Final = 400


class Deliveries:
    """The deliveries of all channels. Thread-safe."""

    def __init__(self, engine: Engine, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._changed = changed

    # -- what is to be said --------------------------------------------------------------------------------------------

    @staticmethod
    def say(connection: Connection, delivery: Delivery) -> bool:
        """Have something said, within somebody's transaction; False where it was said, or is to be, already."""
        row = {one.name: getattr(delivery, one.name) for one in fields(Delivery) if one.name != "number"}
        of = postgresql if connection.dialect.name == "postgresql" else sqlite
        added = of.insert(DELIVERIES).values(**row).on_conflict_do_nothing().returning(DELIVERIES.c.number)
        return connection.execute(added).first() is not None

    def add(self, delivery: Delivery) -> bool:
        """The same, as a transaction of its own."""
        with writing(self._engine) as connection:
            added = self.say(connection, delivery)
        self._changed()
        return added

    @staticmethod
    def channels(connection: Connection, workspace: str) -> list[Channel]:
        """The channels that people have made, as a transaction sees them."""
        asked = select(CHANNELS).where(CHANNELS.c.workspace == workspace).order_by(CHANNELS.c.created, CHANNELS.c.id)
        return [
            Channel(**{one.name: getattr(row, one.name) for one in fields(Channel)})
            for row in connection.execute(asked)
        ]

    def add_digest(self, digest: Digest, delivery: Delivery, period: datetime) -> bool:
        """Have a digest sent and remember of which period it was, both or neither; False where it was before."""
        of = DIGESTS.c.workspace == digest.workspace, DIGESTS.c.id == digest.id
        with writing(self._engine) as connection:
            added = self.say(connection, delivery)
            # No change by somebody, and not written down as one.
            connection.execute(update(DIGESTS).where(*of).values(last=period))
        self._changed()
        return added

    # -- what is being said --------------------------------------------------------------------------------------------

    def due(self, now: datetime) -> list[Delivery]:
        """What is to be tried by now, in the order in which it came up."""
        waits = DELIVERIES.c.state == WAITING, DELIVERIES.c.due <= now
        asked = select(DELIVERIES).where(*waits).order_by(DELIVERIES.c.number).limit(_MOST)
        with reading(self._engine) as connection:
            return [_of(row) for row in connection.execute(asked)]

    def claim(self, delivery: Delivery, until: datetime) -> Delivery | None:
        """Count a try, before it is begun; None where somebody else has begun one, or it is settled.

        Should whoever tries end in the middle, others know that it was begun, and not how it went.
        """
        of = (
            DELIVERIES.c.number == delivery.number,
            DELIVERIES.c.state == WAITING,
            DELIVERIES.c.tries == delivery.tries,
            DELIVERIES.c.due == delivery.due,
        )
        with writing(self._engine) as connection:
            values: dict[str, Any] = {"tries": delivery.tries + 1, "due": until, "error": ""}
            if not connection.execute(update(DELIVERIES).where(*of).values(**values)).rowcount:
                return None
        self._changed()
        return replace(delivery, **values)

    def settle(self, delivery: Delivery, state: str, error: str = "", sent: datetime | None = None) -> None:
        """Write down how it went, for good."""
        self._set(delivery, state=state, error=error[:_ERROR], sent=sent)

    def put_off(self, delivery: Delivery, until: datetime, error: str) -> None:
        """Have a try that failed tried again, and nothing else be said by the channel before."""
        behind = (
            DELIVERIES.c.workspace == delivery.workspace,
            DELIVERIES.c.channel == delivery.channel,
            DELIVERIES.c.state == WAITING,
            DELIVERIES.c.due < until,
        )
        with writing(self._engine) as connection:
            connection.execute(update(DELIVERIES).where(*behind).values(due=until))
            of = DELIVERIES.c.number == delivery.number
            connection.execute(update(DELIVERIES).where(of).values(due=until, error=error[:_ERROR]))
        self._changed()

    def hold(self, deliveries: Sequence[Delivery], until: datetime) -> None:
        """Have what nobody has tried yet wait."""
        numbers = [one.number for one in deliveries]
        of = DELIVERIES.c.number.in_(numbers), DELIVERIES.c.state == WAITING
        with writing(self._engine) as connection:
            connection.execute(update(DELIVERIES).where(*of).values(due=until))
        self._changed()

    def bundle(self, together: Sequence[Delivery], bundle: Delivery, why: str) -> Delivery | None:
        """Say several things as one, both or neither; None where some of them are settled meanwhile."""
        numbers = [one.number for one in together]
        of = DELIVERIES.c.number.in_(numbers), DELIVERIES.c.state == WAITING
        with writing(self._engine) as connection:
            dropped = update(DELIVERIES).where(*of).values(state=DROPPED, error=why[:_ERROR])
            if connection.execute(dropped).rowcount != len(numbers) or not self.say(connection, bundle):
                connection.rollback()
                return None
            about = DELIVERIES.c.workspace == bundle.workspace, DELIVERIES.c.about == bundle.about
            asked = select(DELIVERIES).where(*about, DELIVERIES.c.channel == bundle.channel)
            made = _of(connection.execute(asked).one())
        self._changed()
        return made

    # -- what was said -------------------------------------------------------------------------------------------------

    def sent_since(self, workspace: str, channel: str, since: datetime) -> list[datetime]:
        """When a channel has said something, from a time on, in order."""
        of = DELIVERIES.c.workspace == workspace, DELIVERIES.c.channel == channel
        asked = select(DELIVERIES.c.sent).where(*of, DELIVERIES.c.state == SENT, DELIVERIES.c.sent >= since)
        with reading(self._engine) as connection:
            return [row.sent for row in connection.execute(asked.order_by(DELIVERIES.c.sent))]

    def log(self, workspace: str, channel: str = "", state: str = "", most: int = 200) -> list[Delivery]:
        """The latest deliveries, the last one first; of a channel or in a state, if one is named."""
        asked = select(DELIVERIES).where(DELIVERIES.c.workspace == workspace)
        if channel:
            asked = asked.where(DELIVERIES.c.channel == channel[:64].replace("\0", ""))
        if state:
            asked = asked.where(DELIVERIES.c.state == state)
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(DELIVERIES.c.number.desc()).limit(most))
            return [_of(row) for row in rows]

    def counts(self, workspace: str) -> dict[str, int]:
        """How many there are in each state."""
        asked = select(DELIVERIES.c.state, func.count().label("many")).where(DELIVERIES.c.workspace == workspace)
        with reading(self._engine) as connection:
            return {row.state: row.many for row in connection.execute(asked.group_by(DELIVERIES.c.state))}

    def forget(self, before: datetime) -> None:
        """Remove what was settled long ago."""
        of = DELIVERIES.c.state != WAITING, DELIVERIES.c.made < before
        with writing(self._engine) as connection:
            connection.execute(DELIVERIES.delete().where(*of))

    def _set(self, delivery: Delivery, **values: Any) -> None:  # noqa: ANN401 - columns
        with writing(self._engine) as connection:
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.number == delivery.number).values(**values))
        self._changed()


def _of(row: Row[Any]) -> Delivery:
    return Delivery(**{one.name: getattr(row, one.name) for one in fields(Delivery)})
