"""A server of its own for the tests of endpoints, which add records to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from servers.once import once
from servers.whole import Running, fill, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole server on 40 days of generated records, as a process of its own."""
    data = once(tmp_path_factory, "filled_by_3000", partial(fill, days=40, calls=3_000))
    with running(data, tmp_path_factory.mktemp("home")) as found:
        yield found
