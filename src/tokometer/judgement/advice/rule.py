"""What a rule of advice is: one declaration. Names, documents, panels and the API have it from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tokometer.judgement.advice.evidence import Evidence
from tokometer.judgement.declared import Row

#: A saving has to be this share of what it cost, and of all cost, to be worth a sentence.
LEAST_SAVING: Final = Decimal("0.1")
LEAST_OF_ALL: Final = Decimal("0.002")
#: Measures whose records are those that a piece is about.
CALLS: Final = "calls.cost"
ERRORS: Final = "calls.errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way in which the same work could have cost less."""

    name: str
    title: str
    #: What has to hold for the figure to be true.
    assumption: str
    #: How it is done.
    how: str
    #: A pure function of what was measured.
    advise: Callable[[Evidence], Iterator[Row]]

    def rows(self, known: Evidence) -> Iterator[Row]:
        """What it has to say, complete."""
        for row in self.advise(known):
            agent, model = row["agent"], row["model"]
            said = {"rule": self.name, "about": self.title, "assumption": self.assumption, "how_to": self.how}
            yield {**said, "key": f"{self.name}|{agent}|{model}", **row}


#: Every rule, by name, in the order in which they are declared.
RULES: Final[dict[str, Rule]] = {}


def rule(name: str, title: str, *, assumption: str, how: str) -> Callable[[Callable[[Evidence], Iterator[Row]]], Rule]:
    """Declare a rule; what it decorates says what it has to say."""

    def declare(advise: Callable[[Evidence], Iterator[Row]]) -> Rule:
        RULES[name] = declared = Rule(name=name, title=title, assumption=assumption, how=how, advise=advise)
        return declared

    return declare


def piece(
    title: str,
    saving: Decimal | None,
    detail: str,
    evidence: str,
    *,
    agent: str = "",
    model: str = "",
    calls: int = 0,
    knowledge_base: str = "",
    counts: str = CALLS,
) -> Row:
    """A piece of advice: what to do, what it saves in the window (None: not in dollars), why, and about what.

    `counts` is the measure whose records, of that agent, model or knowledge base, are the ones to look at.
    """
    return {
        "advice": saving,
        "title": title,
        "detail": detail,
        "evidence": evidence,
        "agent": agent,
        "model": model,
        "calls": calls,
        "knowledge_base": knowledge_base,
        "counts": counts,
    }


def worth(saving: Decimal, now: Decimal, known: Evidence) -> bool:
    """Whether a saving is large enough, of what it cost and of all cost, to be worth a sentence."""
    return saving >= LEAST_SAVING * now and matters(saving, known)


def matters(saving: Decimal, known: Evidence) -> bool:
    """Whether it is enough of all cost."""
    return saving >= LEAST_OF_ALL * known.cost > 0
