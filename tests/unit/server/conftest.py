"""A server with a month of generated records, for all tests of this folder that a worker runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from servers.once import once
from servers.whole import Running, fill, running


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 40 days of generated records."""
    return once(tmp_path_factory, "filled_by_3000", partial(fill, days=40, calls=3_000))


@pytest.fixture(scope="session")
def server(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole server, as a process of its own."""
    with running(filled, tmp_path_factory.mktemp("home")) as found:
        yield found
