"""Schema versions: how a ledger that an older Tokometer wrote becomes one that this one reads."""

from tokometer.ledger.migrations.steps import (
    FIRST_VERSION,
    MIGRATIONS,
    Migration,
    additions_of,
    current_version,
    pending,
    rest_of,
)

__all__ = ["FIRST_VERSION", "MIGRATIONS", "Migration", "additions_of", "current_version", "pending", "rest_of"]
