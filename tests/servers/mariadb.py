"""A real MariaDB of Debian's, thrown away afterwards. It refuses to run as root unless it is told whom to run as."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql

from servers.debian import PASSWORD, as_somebody, free_port, running, thrown_away

#: Where Debian has it.
PROGRAM = Path("/usr/sbin/mariadbd")
INSTALL = Path("/usr/bin/mariadb-install-db")
THERE = PROGRAM.exists() and INSTALL.exists()


@dataclass(frozen=True)
class Server:
    """One that answers."""

    port: int

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"mysql://meter@127.0.0.1:{self.port}/app"

    def run(self, *statements: str) -> None:
        """Run SQL."""
        with pymysql.connect(
            host="127.0.0.1", port=self.port, user="meter", password=PASSWORD, database="app", autocommit=True
        ) as connection:
            for statement in statements:
                connection.cursor().execute(statement)


@contextmanager
def mariadb() -> Iterator[Server]:
    """A server with an empty database `app`, in which `meter` may do anything with its password. It speaks no TLS."""
    with thrown_away("my-") as folder:
        as_whom = as_somebody("mysql", folder)
        data, first, server = folder / "data", folder / "first.sql", Server(free_port())
        made = ("--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db")
        first.write_text(
            f"CREATE DATABASE app CHARACTER SET utf8mb4;\nCREATE USER meter@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO meter@'127.0.0.1';\n",
            encoding="utf-8",
        )
        first.chmod(0o644)
        subprocess.run([str(INSTALL), *made], check=True, capture_output=True, **as_whom)
        options = (
            *("--no-defaults", f"--datadir={data}", f"--port={server.port}", "--bind-address=127.0.0.1"),
            *(f"--socket={folder}/my.sock", f"--pid-file={folder}/my.pid", f"--init-file={first}", "--skip-ssl"),
            *("--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"),
        )
        command = [str(PROGRAM), *options]
        with running(command, as_whom, signal.SIGTERM, lambda: server.run("SELECT 1"), pymysql.Error):
            yield server
