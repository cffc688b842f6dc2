"""What holds for all tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

# How fast the machine is says nothing of the code: it may build something else beside the tests.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

_TESTS: Final = Path(__file__).parent
#: Folders whose tests share a server or a ledger: one worker runs all of them. The longest that fits counts.
_SHARED: Final = ("unit/server/endpoints", "unit/server", "unit/alerting", "unit/demo")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all of a module, so that what its tests share is made once and not by each worker."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            module = item.path.relative_to(_TESTS).with_suffix("").as_posix()
            group = next((folder for folder in _SHARED if module.startswith(f"{folder}/")), module)
            item.add_marker(pytest.mark.xdist_group(group.replace("/", ".")))
