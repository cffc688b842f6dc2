"""Cells beside each other: what one cell alone cannot tell. Days that are not final, days that cancel, ratios alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from tokometer.judgement.reconciliation.causes import UNEXPLAINED
from tokometer.judgement.reconciliation.cell import Parted
from tokometer.judgement.reconciliation.stated import Reach

_DAY: Final = timedelta(days=1)
#: Two ratios are one price, two amounts one thing, if they differ by no more.
_ALIKE: Final = 0.005
#: Two days cancel if what is more on one and less on the other differs by no more.
_CANCELS: Final = 0.01
#: A discount is one ratio of at least so many models, of so much of what was billed.
_MODELS: Final = 3
_MOST_OF_IT: Final = 0.95
#: Less than that is no discount.
_LEAST: Final = 0.003
#: Conversion differs by no more; batches cost half.
_CONVERTED: Final = 0.05
_HALF: Final = 0.5
#: So many days have to agree where nobody says of which tokens a bill is.
_AGREE: Final = 3


def settle(cells: Sequence[Parted], reach: Reach) -> None:
    """Name what can be named of one provider's cells, in place. No gap changes."""
    for cell in cells:
        _late(cell, reach)
    models: defaultdict[str, list[Parted]] = defaultdict(list)
    for cell in cells:
        models[cell.cell.model].append(cell)
    for several in models.values():
        several.sort(key=lambda one: one.cell.day)
        _shifted(several)
    _discounted(cells, models)
    for several in models.values():
        _priced(several)


def _late(cell: Parted, reach: Reach) -> None:
    if cell.cell.day >= reach.until:
        for name in [name for name, amount in cell.parts.items() if amount]:
            cell.move(name, "late")
        cell.kind = ""
    elif cell.cell.day >= reach.final:
        cell.move("unbilled", "late")


def _shifted(cells: Sequence[Parted]) -> None:
    """Have the gaps of two days cancel, each pair once."""
    taken: set[int] = set()
    for first, second in pairwise(cells):
        if second.cell.day - first.cell.day != _DAY or id(first) in taken:
            continue
        for more, fewer in ((first, second), (second, first)):
            if _by_tokens(more, fewer):
                more.move("unseen", "shift")
                fewer.move("unbilled", "shift")
                taken.add(id(second))
            elif _by_amount(more, fewer):
                for one in (more, fewer):
                    one.move(UNEXPLAINED, "shift")
                    one.kind = ""
                taken.add(id(second))


def _by_tokens(more: Parted, fewer: Parted) -> bool:
    here, there = more.parts["unseen"], fewer.parts["unbilled"]
    known = more.more and fewer.fewer
    return bool(here > 0 > there and known and abs(more.more - fewer.fewer) <= _CANCELS * more.more)


def _by_amount(more: Parted, fewer: Parted) -> bool:
    here, there = more.parts[UNEXPLAINED], fewer.parts[UNEXPLAINED]
    return here > 0 > there and abs(here + there) <= _CANCELS * here + more.bound + fewer.bound


def _alike(one: Parted, ratio: float) -> bool:
    """Whether a cell was billed at a ratio, as far as its rounding tells."""
    return one.value > 0 and abs(one.ratio - ratio) <= _ALIKE * ratio + one.bound / one.value


def _discounted(cells: Iterable[Parted], models: dict[str, list[Parted]]) -> None:
    """Where one ratio holds for all models, call the differences of price a discount."""
    told = [cell for cell in cells if cell.value > 0 and cell.listed > 0]
    value = sum(cell.value for cell in told)
    ratio = sum(cell.listed for cell in told) / value if value else 1.0
    if abs(ratio - 1) <= _LEAST:
        return
    same = [cell for cell in told if _alike(cell, ratio)]
    named = {cell.cell.model for cell in same if cell.kind}
    if len(named) < min(_MODELS, max(2, len(models))) or sum(cell.value for cell in same) < _MOST_OF_IT * value:
        return
    foreign = sum(cell.cell.billed.foreign for cell in same)
    converted = 2 * foreign >= sum(cell.listed for cell in same) and abs(ratio - 1) <= _CONVERTED
    for cell in same:
        if cell.kind:
            cell.move("price" if cell.kind == "price" else UNEXPLAINED, "currency" if converted else "discount")
            cell.kind = ""


def _priced(cells: Sequence[Parted]) -> None:
    """Call a difference a price where days agree on it; what one day alone has, against the others, is unexplained."""
    waiting = [cell for cell in cells if cell.kind]
    compared = [cell for cell in cells if cell.value > 0 and cell.listed > 0]
    agreed = {id(cell): _agreed(cell, waiting, compared) for cell in waiting}
    for cell in waiting:
        of = "price" if cell.kind == "price" else UNEXPLAINED
        if agreed[id(cell)]:
            cell.move(of, _named(cell))
        else:
            cell.move(of, UNEXPLAINED)


def _agreed(cell: Parted, waiting: Sequence[Parted], compared: Sequence[Parted]) -> bool:
    others = sum(1 for other in waiting if other is not cell and _alike(other, cell.ratio))
    if cell.kind == "open":
        return others >= _AGREE - 1
    return bool(others) or len(compared) == 1


def _named(cell: Parted) -> str:
    """What a ratio is called."""
    if 2 * cell.cell.billed.foreign >= cell.listed > 0 and abs(cell.ratio - 1) <= _CONVERTED:
        return "currency"
    if _alike(cell, _HALF):
        return "tier"
    return "price"
