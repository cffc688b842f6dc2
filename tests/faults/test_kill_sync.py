"""A sync that is killed loses nothing, doubles nothing, and goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from providers.openai import OpenAI
from providers.serving import serving
from providers.synced import scene
from tokometer.ledger.opening import open_ledger

KILLS = 3
#: Syncs an account, and says when it has.
_SYNC = """
import sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from providers.synced import scene
from tokometer.ledger.opening import open_ledger
data = Path(sys.argv[1])
ledger = open_ledger(data)
with scene(ledger, data) as found:
    # Whoever was killed before is gone: its time has to be over.
    found.clock.pass_by(minutes=10 * int(sys.argv[4]))
    print("there", flush=True)
    print(found.sync(sys.argv[2]).state, flush=True)
ledger.close()
"""


def test_a_killed_sync_goes_on(tmp_path: Path) -> None:
    """Killed again and again while it reads 90 days, it ends with exactly what the provider says."""
    provider, today = OpenAI(), datetime.now(UTC).date()
    for number in range(80):
        day = today - timedelta(days=number)
        provider.add("completions", day, project_id="proj_a", model="gpt-5.2", input_tokens=number, output_tokens=1)
        provider.charge(day, f"{number}.01", project_id="proj_a", line_item="gpt-5.2, input")
    with serving(provider) as url:
        ledger = open_ledger(tmp_path)
        with scene(ledger, tmp_path) as found:
            account = found.account("openai", f"{url}/v1", provider.key)
        ledger.close()
        for kill in range(KILLS):
            seen = len(provider.heard)
            process = _begin(tmp_path, account.id, kill)
            until = time.monotonic() + 60
            while len(provider.heard) - seen < 5 + 4 * kill and time.monotonic() < until:
                time.sleep(0.002)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        ledger = open_ledger(tmp_path)
        with scene(ledger, tmp_path) as found:
            found.clock.pass_by(minutes=10 * KILLS)
            run = found.sync(account.id)
            assert run.state == "done", run
            states = [one.state for one in found.syncing.runs(account.id)]
            assert states[0] == "done"
            assert states[1:] == ["broken_off"] * KILLS
            assert found.sums("reported", "input_tokens") == (provider.total("completions", "input_tokens"),)
            assert found.sums("bills", "amount") == (provider.charged,)
            assert found.rows("SELECT count(*), count(DISTINCT native_id) FROM bills") == [(80, 80)]
            assert found.sync(account.id).new == 0
        ledger.close()


def _begin(data: Path, account: str, kill: int) -> subprocess.Popen[str]:
    tests = str(Path(__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", _SYNC, str(data), account, tests, str(kill)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "there"
    return process
