"""A server with a month of generated records, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.whole import Running, fill, running


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 40 days of generated records."""
    data = tmp_path_factory.mktemp("filled")
    fill(data, days=40, calls=3_000)
    return data


@pytest.fixture(scope="session")
def server(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole server, as a process of its own."""
    with running(filled, tmp_path_factory.mktemp("home")) as found:
        yield found
