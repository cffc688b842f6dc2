"""What records add up to: calls, tokens and money, where not all of it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tokometer.explorer.lines import Line


@dataclass(slots=True)
class Amount:
    """A sum over calls. Money in nano-US-dollars."""

    calls: int = 0
    errors: int = 0
    #: Of the calls that have a price.
    nano: int = 0
    #: Calls that nobody knows the price of.
    unpriced: int = 0
    tokens: int = 0
    prompt: int = 0
    output: int = 0

    @property
    def cost(self) -> int | None:
        """What they cost; unknown, not 0, where no call has a price, or where those that have one cost nothing."""
        return None if self.unpriced and not self.nano else self.nano

    def add(self, other: Amount) -> None:
        """Take another in."""
        self.calls += other.calls
        self.errors += other.errors
        self.nano += other.nano
        self.unpriced += other.unpriced
        self.tokens += other.tokens
        self.prompt += other.prompt
        self.output += other.output


def own(line: Line) -> Amount:
    """What one record adds: only calls that count do."""
    if not line.counts:
        return Amount()
    return Amount(
        calls=1,
        errors=int(line.failed),
        nano=line.cost or 0,
        unpriced=int(line.cost is None),
        tokens=line.tokens or 0,
        prompt=line.prompt or 0,
        output=line.output or 0,
    )


def total(lines: Iterable[Line]) -> Amount:
    """What records add up to."""
    found = Amount()
    for line in lines:
        found.add(own(line))
    return found
