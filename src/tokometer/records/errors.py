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


def mistake(error: Exception) -> RecordError:
    """What to say of a record, a line or a span that could not be read, whatever it raised; never its content.

    Raises:
        MemoryError: It was that: who needs less memory cannot be told by one record.
    """
    if isinstance(error, MemoryError):
        raise error
    if isinstance(error, RecordError):
        return error
    if isinstance(error, RecursionError):
        return RecordError("", "is nested too deeply")
    return RecordError(
        "", f"cannot be read because of a mistake in Tokometer ({type(error).__name__}); please report it"
    )
