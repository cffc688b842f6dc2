"""Where usage already is: one package per source, which turns bytes into records and refusals.

A source knows the format of one tool and nothing of storage or prices. It may import `records` only;
`collect` and `server` import it.
"""

from tokometer.sources.protocol import FileSource, Reading

__all__ = ["FileSource", "Reading"]
