"""Looking at rules as of a moment: all of them together, so that what they share is asked once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from tokometer.alerting.condition import Inquiry, Reading
from tokometer.alerting.planning import plan
from tokometer.alerting.rule import AlertRule
from tokometer.alerting.situation import Situation
from tokometer.measures import QueryError, Question, Result

_LOG: Final = logging.getLogger(__name__)
#: Puts a question to the ledger as of a moment.
AskAsOf = Callable[[Question, datetime], Result]
#: Values of one rule that are told apart; of more, the worst.
MOST_VALUES: Final = 200
#: Characters of a value.
LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What rules say at a moment."""

    now: datetime
    #: By rule's id: the readings by value.
    readings: Mapping[str, Mapping[str, Reading]]
    #: Rules that could not be looked at, and why.
    troubles: Mapping[str, str] = field(default_factory=dict)
    #: How many questions the ledger was asked, of how many that the rules had.
    asked: int = 0
    wanted: int = 0


def evaluate(rules: Iterable[AlertRule], situation: Situation, ask: AskAsOf) -> Evaluated:
    """Look at rules as of the situation's moment. One that cannot be looked at does not hinder the others."""
    running: dict[str, tuple[Inquiry, tuple[Question, ...]]] = {}
    readings: dict[str, Mapping[str, Reading]] = {}
    troubles: dict[str, str] = {}
    asked = wanted = 0
    known: dict[Question, Result | Exception] = {}

    def on(id_: str, inquiry: Inquiry, sent: tuple[Result, ...] | None) -> None:
        try:
            running[id_] = inquiry, (next(inquiry) if sent is None else inquiry.send(sent))
        except StopIteration as done:
            readings[id_] = _kept(done.value)
        except QueryError as error:
            troubles[id_] = str(error)
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one condition must not silence all others
            troubles[id_] = f"{type(error).__name__}: {error}"[:300]
            _LOG.warning("a rule could not be looked at", exc_info=True)

    for rule in rules:
        on(rule.id, rule.terms.condition.read(rule.terms, situation), None)
    while running:
        round_, running = running, {}
        wanted += sum(len(questions) for _, questions in round_.values())
        made = plan(question for _, questions in round_.values() for question in questions if question not in known)
        asked += len(made.asked)
        known |= made.answers(lambda question: ask(question, situation.now))
        for id_, (inquiry, questions) in round_.items():
            answers: list[Any] = [known[question] for question in questions]
            wrong = next((one for one in answers if isinstance(one, Exception)), None)
            if wrong is not None:
                inquiry.close()
                troubles[id_] = str(wrong)
            else:
                on(id_, inquiry, tuple(answers))
    return Evaluated(situation.now, readings, troubles, asked, wanted)


def _kept(readings: Iterable[Reading]) -> Mapping[str, Reading]:
    """By value; of too many, those of which the condition holds come first."""
    found = {one.value: one for one in map(_short, readings)}
    if len(found) <= MOST_VALUES:
        return found
    held = sorted(found.values(), key=lambda one: (not one.holds, one.over, -abs(one.measured or 0.0)))
    return {one.value: one for one in held[:MOST_VALUES]}


def _short(reading: Reading) -> Reading:
    """A reading of a value that alerts have room for; of a longer one, its beginning and what tells it from others."""
    if len(reading.value) <= LONGEST:
        return reading
    digest = sha256(reading.value.encode("utf-8", "replace")).hexdigest()[:12]
    return replace(reading, value=f"{reading.value[: LONGEST - 20]}… {digest}")
