"""A real PostgreSQL of Debian's, thrown away afterwards. It refuses to run as root, so it runs as somebody else."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from servers.debian import PASSWORD, as_somebody, free_port, running, thrown_away

#: Where Debian has it.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


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
    with thrown_away("pg-") as folder:
        as_whom = as_somebody("postgres", folder)
        secret, data, server = folder / "password", folder / "data", Server(free_port())
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        made = ("-D", str(data), "-U", "meter", "-A", "scram-sha-256", f"--pwfile={secret}", "-N", "--locale=C")
        subprocess.run([str(PROGRAMS[-1] / "initdb"), *made, "-E", "UTF8"], check=True, capture_output=True, **as_whom)
        options = (
            f"port={server.port}",
            f"unix_socket_directories={folder}",
            "listen_addresses=127.0.0.1",
            "fsync=off",
        )
        given = [part for option in options for part in ("-c", option)]
        command = [str(PROGRAMS[-1] / "postgres"), "-D", str(data), *given]
        with running(command, as_whom, signal.SIGINT, lambda: server.run("SELECT 1"), psycopg.OperationalError):
            yield server


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
