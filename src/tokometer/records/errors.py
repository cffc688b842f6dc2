"""What can be wrong with a record."""

from __future__ import annotations


class RecordError(ValueError):
    """One field of one record cannot be believed. The record is refused; the ones around it are not.

    `field` names the field as the sender knows it, `reason` says what is wrong and, where possible, what would be
    right.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason
