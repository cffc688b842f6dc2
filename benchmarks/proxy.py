"""What the proxy adds to a call: the same call directly and through it, in turn.

    python benchmarks/proxy.py [--calls 2000]

A server on loopback answers a small completion, and streams one of 200 pieces; a client asks it directly and through
`tokometer proxy`, one call after the other over a connection that is kept. Target: at most 1 ms more at the median.
The ratio beside it depends on the server, which answers at once here; a real one takes a hundred times as long.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

COMMAND = Path(sys.executable).with_name("tokometer")
ASKED = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello " * 200}]}).encode()
USAGE = {"prompt_tokens": 200, "completion_tokens": 200, "total_tokens": 400}
PIECES = 200
#: A real server of a small model gives a token in some milliseconds; this one hurries.
PAUSE = 0.0005


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests of one connection: `/v1/chat/completions` in one piece, `/stream/…` in many."""
    while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        if head.startswith(b"POST /stream"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in range(PIECES):
                piece = {"model": "m", "choices": [{"index": 0, "delta": {"content": f"word{number} "}}]}
                if number == PIECES - 1:
                    piece["usage"] = USAGE
                data = b"data: " + json.dumps(piece).encode() + b"\n\n"
                writer.write(b"%x\r\n%b\r\n" % (len(data), data))
                await writer.drain()
                await asyncio.sleep(PAUSE)
            writer.write(b"0\r\n\r\n")
        else:
            body = json.dumps(
                {"id": "c", "model": "m", "choices": [{"message": {"content": "Hi"}}], "usage": USAGE}
            ).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )


async def serve() -> None:
    """Be the server, and say where."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


class Client:
    """Asks over one connection, and takes the time."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def ask(self, path: str) -> tuple[float, float]:
        """Milliseconds to the first byte of the answer's body, and to its last."""
        began = time.perf_counter()
        self._connection.request("POST", path, ASKED)
        response = self._connection.getresponse()
        response.read(1)
        first = time.perf_counter()
        response.read()
        return 1_000 * (first - began), 1_000 * (time.perf_counter() - began)


def compare(name: str, path: str, direct: Client, through: Client, calls: int) -> dict[str, float]:
    """Ask in turn, so that whatever slows the machine slows both."""
    for client in (direct, through) * 20:
        client.ask(path)
    times: list[list[tuple[float, float]]] = [[], []]
    for _ in range(calls):
        for at, client in enumerate((direct, through)):
            times[at].append(client.ask(path))
    found: dict[str, float] = {}
    for part, which in (("first byte", 0), ("last byte", 1)):
        plain, passed = ([one[which] for one in of] for of in times)
        medians = statistics.median(plain), statistics.median(passed)
        p99 = (statistics.quantiles(plain, n=100)[98], statistics.quantiles(passed, n=100)[98])
        added = found[part] = medians[1] - medians[0]
        print(
            f"{name:8} {part:10}  direct {medians[0]:7.3f} ms  through {medians[1]:7.3f} ms  +{added:6.3f} ms "
            f"(x {medians[1] / medians[0]:.2f})   p99 {p99[0]:.2f} -> {p99[1]:.2f} ms"
        )
    return found


def main() -> None:
    """Measure."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--calls", type=int, default=2_000, help="calls each way")
    arguments.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    told = arguments.parse_args()
    if told.serve:
        asyncio.run(serve())
        return
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "HOME": folder}
        server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        command = [str(COMMAND), "proxy", "--to", url, "--port", "0", "--data", f"{folder}/data"]
        proxy = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        assert proxy.stdout is not None
        through = proxy.stdout.readline().split()[0]
        try:
            whole = compare("whole", "/v1/chat/completions", Client(url), Client(through), told.calls)
            stream = compare(
                "stream", "/stream/chat/completions", Client(url), Client(through), max(50, told.calls // 40)
            )
        finally:
            proxy.send_signal(signal.SIGTERM)
            print(proxy.stdout.read().strip())
            proxy.wait(30)
            server.kill()
            server.wait()
    worst = max(*whole.values(), stream["first byte"])
    print(f"Adds {worst:.3f} ms at the median: {'within' if worst <= 1 else 'NOT within'} 1 ms.")


if __name__ == "__main__":
    main()
