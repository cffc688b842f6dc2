"""From sources into the ledger: importing files once, following them as they grow, and the group commit in between.

May import `records`, `ledger`, `prices` and `sources`; `server` and `cli` import it.
"""
