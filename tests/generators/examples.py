"""How many examples a property that asks ledgers, files or servers is tried with."""

from __future__ import annotations

import os

#: A quarter of the examples finds what breaks a property at once; the long form (`make faults`) tries all.
_SHORT = 4


def examples(many: int) -> int:
    """So many in the long form, a quarter of them in `make test`."""
    return many if os.environ.get("FAULTS") == "long" else max(2, many // _SHORT)
