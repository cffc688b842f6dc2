"""A real MariaDB of Debian's, thrown away afterwards. It refuses to run as root unless it is told whom to run as."""

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

import pymysql

#: Where Debian has it.
PROGRAM = Path("/usr/sbin/mariadbd")
INSTALL = Path("/usr/bin/mariadb-install-db")
THERE = PROGRAM.exists() and INSTALL.exists()
PASSWORD = f"meter{os.getpid()}"
_PATIENCE = 30.0


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
    folder = Path(tempfile.mkdtemp(prefix="my-", dir="/tmp"))
    as_whom = _somebody_else(folder)
    data, first = folder / "data", folder / "first.sql"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = ("--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db")
    first.write_text(
        f"CREATE DATABASE app CHARACTER SET utf8mb4;\nCREATE USER meter@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON *.* TO meter@'127.0.0.1';\n",
        encoding="utf-8",
    )
    first.chmod(0o644)
    options = (
        *("--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", "--skip-name-resolve"),
        *(f"--socket={folder}/my.sock", f"--pid-file={folder}/my.pid", f"--init-file={first}", "--skip-ssl"),
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"),
    )
    try:
        subprocess.run([str(INSTALL), *made], check=True, capture_output=True, **as_whom)
        with subprocess.Popen([str(PROGRAM), *options], stderr=subprocess.DEVNULL, **as_whom) as process:
            try:
                yield _ready(Server(port))
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(_PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _somebody_else(folder: Path) -> dict[str, object]:
    """How a program is started that must not run as root; the folder becomes theirs."""
    if os.getuid() != 0:
        return {"cwd": folder}
    other = pwd.getpwnam("mysql" if any(one.pw_name == "mysql" for one in pwd.getpwall()) else "nobody")
    os.chown(folder, other.pw_uid, other.pw_gid)
    return {
        "user": other.pw_uid,
        "group": other.pw_gid,
        "extra_groups": [],
        "cwd": folder,
        "env": {"PATH": "/usr/bin:/usr/sbin"},
    }


def _ready(server: Server) -> Server:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            server.run("SELECT 1")
        except pymysql.Error:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return server
