"""What environment variables say of the ledger."""

from __future__ import annotations

import pytest

from tokometer.ledger.environment import MEMORY_LIMIT, VariableError, memory_limit


@pytest.mark.parametrize("said", ["384MB", "64MB", "2GB", "1.5GiB", "1TB"])
def test_memory(said: str) -> None:
    """An amount of memory is taken in the engine's own words."""
    assert memory_limit({"TOKOMETER_MEMORY": f" {said} "}) == said


def test_memory_by_default() -> None:
    """Without a word, and with an empty one, it is the usual amount."""
    assert memory_limit({}) == memory_limit({"TOKOMETER_MEMORY": ""}) == MEMORY_LIMIT


@pytest.mark.parametrize(
    "said", ["lots", "-1", "0", "1KB", "63MB", "1e3GB", "384", "384M", "9999999TB", "1GB; DROP", "٣GB"]
)
def test_no_memory(said: str) -> None:
    """What is none is named with what would be right."""
    with pytest.raises(VariableError, match=r"^TOKOMETER_MEMORY is .*(write 384MB|it takes 64MB)"):
        memory_limit({"TOKOMETER_MEMORY": said})
