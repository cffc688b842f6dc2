"""What holds for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling
    from xdist.workermanage import WorkerController

# How fast the machine is says nothing of the code: it may build something else beside the tests.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

#: Folders whose tests share a server or a ledger: one worker runs all of them. The longest that fits counts.
_SHARED: Final = ("tests/unit/server/endpoints", "tests/unit/alerting", "tests/unit/demo")
#: Which worker runs what belongs together, as far as it has begun.
_WORKERS: Final[dict[str, str]] = {}


def together(test: str) -> str:
    """What a test belongs to: a folder of `_SHARED`, else its module."""
    module = test.partition("::")[0]
    return next((folder for folder in _SHARED if module.startswith(f"{folder}/")), module)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """One worker runs all of a module, so that what its tests share is made once and not by each worker.

    Whatever `--dist` says. That of `xdist_group` marks (`loadgroup`) changes the names of tests, which pytest 9.2 does
    not have changed: it lets each worker have the next test.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Together(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Stop where two workers run what belongs together."""
    # That of a crash is nobody's.
    if worker := getattr(report, "worker_id", ""):
        of = together(report.nodeid)
        assert _WORKERS.setdefault(of, worker) == worker, f"{of} is run by {worker} and {_WORKERS[of]}"


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController, error: object) -> None:
    """What a worker leaves that has crashed is another's."""
    for of in [of for of, worker in _WORKERS.items() if worker == node.gateway.id]:
        del _WORKERS[of]
