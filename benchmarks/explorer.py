"""The explorer's lists on 20 million calls: the first page by what is filtered and sorted, and pages far down.

    python benchmarks/explorer.py --dir /tmp/large                 build (if need be; see large.py) and measure
    python benchmarks/explorer.py --dir /tmp/large --calls 5000000 the same with fewer

Beside each figure stands how many times as long it takes as a fixed piece of work, a sum over one column of all calls:
that says more than milliseconds where others use the machine, too.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from large import build, timed
from tokometer.ledger import Ledger, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Filter, Listing, answer

_TIMES: Final = 3
#: What is filtered by dimensions that are rolled up, and by others.
ROLLED: Final[dict[str, tuple[Filter, ...]]] = {
    "nothing": (),
    "model": (Filter("calls.model", "=", ("claude-opus-5-5",)),),
    "failed": (Filter("calls.status", "not in", ("ok", "cancelled")),),
    "team and status": (Filter("calls.team", "=", ("product",)), Filter("calls.status", "=", ("rate_limit",))),
    "what nobody has": (Filter("calls.model", "=", ("no-such-model",)),),
}
OTHER: Final[dict[str, Listing]] = {
    "by session (of none)": Listing(since="all", where=(Filter("calls.session", "=", ("none",)),)),
    "by branch": Listing(since="all", where=(Filter("calls.git_branch", "contains", ("fix",)),)),
    "text in messages": Listing(since="all", search="overloaded"),
    "text in no message": Listing(since="all", search="no call says this"),
    "largest cost": Listing(since="all", sort="-cost"),
    "smallest cost": Listing(since="all", sort="cost"),
    "longest, of a model": Listing(since="all", sort="-latency_ms", where=ROLLED["model"]),
    "by status": Listing(since="all", sort="status"),
}


def measured(ledger: Ledger) -> Iterator[tuple[str, float, str]]:
    """Each list, with its median and what it may take, in milliseconds."""
    for name, where in ROLLED.items():
        yield f"first page, filtered by {name}", _page(ledger, Listing(since="all", where=where)), "≤ 150 ms"
    for name, listing in OTHER.items():
        yield f"first page, {name}", _page(ledger, listing), "≤ 600 ms"
    for name, listing in (("newest first", Listing(since="all")), ("largest cost", OTHER["largest cost"])):
        far = listing
        for _ in range(3):
            rows = answer(ledger, Listing.parse({**far.to_json(), "limit": 10_000}))
            far = Listing.parse({**listing.to_json(), "after": rows.after})
        yield f"page after 30,000 records, {name}", _page(ledger, far), "no slower"


def _page(ledger: Ledger, listing: Listing) -> float:
    answer(ledger, listing)
    return 1e3 * median(timed(lambda: answer(ledger, listing)) for _ in range(_TIMES))


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="where the ledger is, or goes")
    parser.add_argument("--calls", type=int, default=20_000_000)
    options = parser.parse_args()
    build(options.dir, options.calls)
    ledger = open_ledger(options.dir)
    try:
        work = Statement("SELECT sum(cost_usd), count(*) FROM calls")
        print(f"{options.calls:,} calls on {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}")
        for name, ms, target in measured(ledger):
            fixed = 1e3 * median(timed(lambda: ledger.fetch(work)) for _ in range(_TIMES))
            print(f"{name:<48}{ms:>9.0f} ms{ms / fixed:>8.1f} × the sum ({fixed:.0f} ms)   {target}", flush=True)
    finally:
        ledger.close()


if __name__ == "__main__":
    main()
