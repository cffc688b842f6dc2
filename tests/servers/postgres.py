"""A real PostgreSQL of Debian's, thrown away afterwards. It refuses to run as root, so it runs as somebody else."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

#: Where Debian has it.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = f"meter{os.getpid()}"
_PATIENCE = 30.0


@dataclass(frozen=True)
class Server:
    """One that answers."""

    port: int

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"postgresql://meter@127.0.0.1:{self.port}/postgres"

    def run(self, *statements: str) -> None:
        """Run SQL."""
        with psycopg.connect(self.url, password=PASSWORD, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]


@contextmanager
def postgres() -> Iterator[Server]:
    """A server with an empty database; `meter` may do anything, with its password."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    as_whom = _somebody_else(folder)
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    data = folder / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = ["initdb", "-D", str(data), "-U", "meter", "-A", "scram-sha-256", f"--pwfile={secret}", "-N", "--locale=C"]
    try:
        subprocess.run(
            [str(PROGRAMS[-1] / made[0]), *made[1:], "-E", "UTF8"], check=True, capture_output=True, **as_whom
        )
        options = [f"port={port}", f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", "fsync=off"]
        given = [part for option in options for part in ("-c", option)]
        with subprocess.Popen(
            [str(PROGRAMS[-1] / "postgres"), "-D", str(data), *given], stderr=subprocess.DEVNULL, **as_whom
        ) as process:
            try:
                yield _ready(Server(port))
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(_PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def answering() -> Iterator[Server]:
    """The same, with its password where everything in this process finds it."""
    before = os.environ.get("PGPASSWORD")
    os.environ["PGPASSWORD"] = PASSWORD
    try:
        with postgres() as server:
            yield server
    finally:
        os.environ.pop("PGPASSWORD")
        if before is not None:
            os.environ["PGPASSWORD"] = before


def _somebody_else(folder: Path) -> dict[str, object]:
    """How a program is started that must not run as root; the folder becomes theirs."""
    if os.getuid() != 0:
        return {"cwd": folder}
    other = pwd.getpwnam("postgres" if any(one.pw_name == "postgres" for one in pwd.getpwall()) else "nobody")
    os.chown(folder, other.pw_uid, other.pw_gid)
    return {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": [], "cwd": folder, "env": {"PATH": "/usr/bin"}}


def _ready(server: Server) -> Server:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return server
