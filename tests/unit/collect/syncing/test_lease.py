"""Of all processes one syncs an account at a time."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from providers.synced import FastClock
from tokometer.accounts import SyncRun, Version, open_accounts
from tokometer.collect.syncing.errors import Ended
from tokometer.collect.syncing.lease import SECONDS, Lease

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
#: Takes an account four times, and says when it had it.
_OTHER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from tokometer.accounts import open_accounts
syncs = open_accounts(Path(sys.argv[1])).syncs
had = 0
while had < 4:
    time.sleep(0.003)
    if syncs.take("default", "a", sys.argv[2], datetime.now(UTC), 60):
        begin = time.monotonic_ns()
        time.sleep(0.005)
        had += 1
        print(begin, time.monotonic_ns(), flush=True)
        syncs.let_go("default", "a", sys.argv[2])
        time.sleep(0.002)
"""


def test_two_processes_never_have_it_together(tmp_path: Path) -> None:
    """Both have it often, and never at the same time."""
    open_accounts(tmp_path).close()
    others = [
        subprocess.Popen([sys.executable, "-c", _OTHER, str(tmp_path), name], stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    spans = []
    for other in others:
        told, _ = other.communicate(timeout=120)
        assert other.returncode == 0
        spans += [tuple(map(int, line.split())) for line in told.splitlines()]
    assert len(spans) == 8
    spans.sort()
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_who_is_gone_loses_it(tmp_path: Path) -> None:
    """After its time another one has it, who finds that the run was broken off; the first one keeps nothing more."""
    accounts, clock = open_accounts(tmp_path), FastClock(NOW)
    syncs = accounts.syncs
    first, second = (Lease(lambda: syncs, clock, "default", "a") for _ in range(2))
    assert first.take()
    number = syncs.begin(SyncRun(account="a", began=NOW))
    assert not second.take()
    clock.pass_by(seconds=SECONDS * 0.9)
    first.check()
    clock.pass_by(seconds=SECONDS * 0.9)
    assert not second.take()
    clock.pass_by(seconds=SECONDS)
    assert second.take()
    syncs.begin(SyncRun(account="a", began=NOW))
    assert [one.state for one in syncs.runs("default", "a")] == ["running", "broken_off"]
    with pytest.raises(Ended):
        first.check()
    first.let_go()
    assert syncs.state("default", "a").holder == second.holder
    assert syncs.run("default", number) is not None
    accounts.close()


def test_versions_are_kept_once(tmp_path: Path) -> None:
    """What is told again after a kill is there already; what changes back is another one."""
    accounts = open_accounts(tmp_path)
    was, now = {"amount": 1}, {"amount": 2}
    for before, after in ((was, now), (was, now), (now, was), (was, now)):
        accounts.syncs.keep_versions(
            [Version(account="a", record="bills", native_id="x", replaced=NOW, was=before, became=after)]
        )
    assert [dict(one.was) for one in accounts.syncs.versions("default", "a", "x")] == [was, now, was]
    accounts.close()
