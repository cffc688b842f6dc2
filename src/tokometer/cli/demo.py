"""`tokometer demo`: the same as `serve`, on generated data in a folder that is gone afterwards."""

from __future__ import annotations

from pathlib import Path

import click

from tokometer.cli.shown import say
from tokometer.records.plural import counted


@click.command(short_help="The same, on generated and labelled data.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="Days of history.")
@click.option("--calls", default=200_000, show_default=True, type=click.IntRange(1, 50_000_000), help="Model calls.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same data.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=7420, show_default=True, type=click.IntRange(0, 65535), help="Port (0: any free one).")
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the data in this new or empty folder. [default: a temporary one]",
)
def demo(days: int, calls: int, seed: int, host: str, port: int, data: Path | None) -> None:
    """Serve generated data, labelled as demo on every page, in a temporary folder.

    Nothing of this machine is read, and nothing is left behind.
    """
    serve_demo(days=days, calls=calls, seed=seed, host=host, port=port, data=data)


def serve_demo(
    *, days: int = 90, calls: int = 200_000, seed: int = 1, host: str, port: int, data: Path | None = None
) -> None:
    """Generate and serve."""
    from tempfile import TemporaryDirectory

    from tokometer.cli.problems import Mistake
    from tokometer.cli.serve import run_server

    if data is not None:
        if data.exists() and any(data.iterdir()):
            raise Mistake(f"{data} is not empty; demo data is never mixed with other data. Name another")
        fill(data, days=days, calls=calls, seed=seed)
        run_server(data.absolute(), host, port, discover=False, demo=True)
        return
    with TemporaryDirectory(prefix="tokometer-demo-") as folder:
        fill(Path(folder), days=days, calls=calls, seed=seed)
        run_server(Path(folder), host, port, discover=False, demo=True)


def fill(data: Path, *, days: int, calls: int, seed: int) -> None:
    """Commit generated records to the ledger of a folder, and write the settings that go with them."""
    from time import time_ns

    from tokometer.cli.doors import LocalDoor
    from tokometer.cli.problems import told_in_one_line
    from tokometer.cli.progress import showing_progress
    from tokometer.demo import Spending, generate
    from tokometer.demo.deciding import decide
    from tokometer.records import ModelCall, to_datetime

    say(f"Making up {counted(calls, 'model call')} of the last {counted(days, 'day')} …", err=True)
    door = LocalDoor(data)
    now, done = time_ns() // 1000, 0
    spending = Spending(now)
    try:
        with told_in_one_line(), showing_progress("Calls") as progress:
            for batch in generate(days=days, calls=calls, seed=seed, now_us=now):
                door.ledger.commit(batch)
                spending.add(batch.records)
                done += sum(isinstance(record, ModelCall) for record in batch.records)
                progress(done, calls)
            door.ledger.settle()
        spending.write(data)
        decide(data, door.ledger, to_datetime(now))
    finally:
        door.close()
