"""The ingest routes alone, on a real ledger, as a process of its own: `python ingest.py DATA PORT`.

Says `ready` on standard output once the ledger is open; the port then takes requests.
"""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from tokometer.collect.decoding import Decoder
from tokometer.collect.reading import Prices
from tokometer.collect.writer import Writer
from tokometer.ledger import Ledger
from tokometer.ledger.opening import open_ledger
from tokometer.server.body import Limits
from tokometer.server.grpc_state import GrpcState
from tokometer.server.ingest import router
from tokometer.server.received import Arrivals


@dataclass
class Runtime:
    """What the routes need of the server's runtime."""

    ledger: Ledger
    writer: Writer
    decoder: Decoder
    keep_bodies: bool = False
    arrivals: Arrivals = field(default_factory=Arrivals)
    closing: threading.Event = field(default_factory=threading.Event)
    grpc: GrpcState = field(default_factory=GrpcState)


def make_app(ledger: Ledger, writer: Writer, decoder: Decoder, limits: Limits | None = None) -> FastAPI:
    """An app with the ingest routes and nothing else."""
    app = FastAPI()
    app.include_router(router)
    app.state.runtime = Runtime(ledger, writer, decoder)
    if limits is not None:
        app.state.body_limits = limits
    return app


def main(data: Path, port: int) -> None:
    """Serve until a signal says to stop."""
    # uvicorn hands the signal on when it has stopped, to whoever handled it before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    ledger = open_ledger(data)
    prices = Prices(None, data / "cache")
    # All requests are large ones here: decoded in this process until the other one has started.
    writer, decoder = Writer(ledger, prices.open()), Decoder(prices, worth_bytes=1)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    try:
        uvicorn.run(
            make_app(ledger, writer, decoder), host="127.0.0.1", port=port, log_level="warning", access_log=False
        )
    finally:
        decoder.close()
        writer.close()
        ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
