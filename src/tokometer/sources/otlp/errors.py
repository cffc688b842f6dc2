"""What can be wrong with a whole request."""

from __future__ import annotations


class OtlpError(ValueError):
    """The request cannot be read at all; nothing of it was kept."""
