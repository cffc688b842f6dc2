"""Polling 200 inference servers of 500 series each every 15 seconds, all of it: what share of a core that takes.

    python benchmarks/polling.py [--targets 200] [--series 500] [--seconds 30]

The servers are one process on loopback, in the shape of vLLM's and busy (`scrape.py` has them, and measures parsing and
commits alone). Measured is the processor time of this process, which is the poller with its threads, HTTP, parsing, the
gate and the commits into a ledger on disk, after a first round of 15 s in which everything is new. Target: 20 %.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from scrape import EVERY, MEDIA_TYPE, Server
from tokometer.collect.poller import Poller
from tokometer.collect.targets import Listed
from tokometer.collect.writer import Writer
from tokometer.ledger.opening import open_ledger
from tokometer.prices import PriceBook
from tokometer.sources.protocol import Target
from tokometer.sources.registry import SOURCES


async def serve(targets: int, series: int) -> None:
    """Be all of the servers, and say where."""
    rng = random.Random(1)
    servers = [Server(str(number), series, rng) for number in range(targets)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                server = servers[int(head.split(b"/", 2)[1])]
                server.work()
                body = server.answer()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
                    % (MEDIA_TYPE.encode(), len(body), body)
                )
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


def measure(url: str, targets: int, seconds: int) -> float:
    """Ask them for so long. The share of a core that it takes."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder))
        writer = Writer(ledger, PriceBook.open())
        listed = [
            Listed("prometheus", Target(f"gpu-{number:03}", f"{url}/{number}/metrics", EVERY))
            for number in range(targets)
        ]
        poller = Poller(writer, ledger, SOURCES, lambda: listed)
        poller.start()
        time.sleep(EVERY + 1)
        before, questions = time.process_time(), sum(one.questions for one in poller.standings())
        time.sleep(seconds)
        share = (time.process_time() - before) / seconds
        told = poller.standings()
        asked = sum(one.questions for one in told) - questions
        down = [one.problem for one in told if one.state != "up"]
        print(
            f"{asked} questions in {seconds} s, {threading.active_count()} threads, {len(down)} targets down"
            f"{': ' + down[0] if down else ''}; the slowest took {1_000 * max(one.took or 0 for one in told):.0f} ms"
        )
        poller.stop(5)
        writer.close()
        ledger.close()
    return share


def main() -> None:
    """Measure, and say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=200)
    parser.add_argument("--series", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        asyncio.run(serve(told.targets, told.series))
        return
    command = [sys.executable, __file__, "--serve", "--targets", str(told.targets), "--series", str(told.series)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as servers:
        assert servers.stdout is not None
        url = f"http://127.0.0.1:{int(servers.stdout.readline())}"
        try:
            share = measure(url, told.targets, told.seconds)
        finally:
            servers.kill()
    print(f"{share:.1%} of a core: {'within' if share <= 0.2 else 'NOT within'} 20 %.")


if __name__ == "__main__":
    main()
