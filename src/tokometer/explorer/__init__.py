"""What one record, one trace, one session and one error is: plain data, read from the ledger.

Knows no HTML and no HTTP; `server` shows what is found here. May import `measures`, `prices` and everything below
them. Everything is read through :class:`tokometer.explorer.reading.Reading`, which is limited to the workspaces that
the asker may see.
"""

from tokometer.explorer.reading import Reading, Stored

__all__ = ["Reading", "Stored"]
