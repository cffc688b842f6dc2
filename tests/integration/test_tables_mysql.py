"""Tables of MySQL, of a real MariaDB: its types, what is new, and whatever can be wrong with a server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from servers.mariadb import PASSWORD, THERE, Server, mariadb
from tokometer.records import ModelCall
from tokometer.sources.protocol import Fetched, PollError, Reading, Target
from tokometer.sources.table.engines import TableError
from tokometer.sources.table.polled import POLLED
from tokometer.sources.table.servers import open_server
from unit.cli.conftest import Shell

pytestmark = pytest.mark.skipif(not THERE, reason="there is no MariaDB: sh tools/debian.sh mariadb-server")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A MariaDB with what a program keeps."""
    with mariadb() as one:
        one.run(
            "CREATE TABLE `Conversations` (`Id` char(36) PRIMARY KEY, `Model` varchar(80), `UserId` varchar(80))",
            "CREATE TABLE `Messages` (`Id` char(36) PRIMARY KEY, `ConversationId` char(36) REFERENCES Conversations"
            " (`Id`), `Role` varchar(20), `Content` text, `PromptTokens` int unsigned, `CompletionTokens` bigint"
            " unsigned, `Cost` decimal(18, 9), `Took` double, `Extra` json, `CreatedAt` datetime(6), "
            "`UpdatedAt` timestamp(6) NULL)",
            "CREATE TABLE `usage%` (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, model varchar(40), "
            "total_tokens int, created_at timestamp, streamed tinyint(1))",
            "INSERT INTO `Conversations` VALUES ('a', 'gpt-4o-mini', 'ada')",
            *(_message(number) for number in range(1, 31)),
            "SET time_zone = '+01:00'",
        )
        one.run("SET time_zone = '+01:00'", "INSERT INTO `usage%` VALUES (1, 'm', 5, '2026-03-02 10:00:00', 1)")
        yield one


def _message(number: int, output: int = 10) -> str:
    role = "assistant" if number % 2 else "user"
    return (
        f"INSERT INTO `Messages` VALUES ('m{number:03d}', 'a', '{role}', '…', {number}, {output}, "
        f'0.000000001 * {number}, 1.5, \'{{"plan": "pro"}}\', '
        f"timestampadd(second, {number}, '2026-03-02 09:00:00.000000'), NULL)"
    )


def _ask(server: Server, state: bytes = b"", secret: str = PASSWORD, **options: str) -> Reading:
    return POLLED.read(Target("my", server.url, 60, options, secret=secret), state, _never, 0)


def _never(*_: object, **__: object) -> Fetched:
    raise AssertionError


def test_its_tables_are_read_and_read_on(server: Server) -> None:
    """Unsigned numbers, decimals to the nano-dollar, times with and without a zone; then only what is new."""
    reading = _ask(server)
    assert not reading.refusals
    calls = [one for one in reading.records if isinstance(one, ModelCall)]
    assert len(calls) == 16
    first = min(calls, key=lambda call: (call.model, call.started_at))
    assert (first.model, first.user, first.input_tokens, first.output_tokens) == ("gpt-4o-mini", "ada", 1, 10)
    assert (first.cost_reported, first.started_at) == (1, 1_772_442_001_000_000)
    other = next(call for call in calls if call.model == "m")
    assert (other.unsplit_tokens, other.started_at) == (5, 1_772_442_000_000_000)
    server.run(
        _message(31),
        "UPDATE `Messages` SET `CompletionTokens` = 99, `UpdatedAt` = utc_timestamp(6) WHERE `PromptTokens` = 1",
    )
    again = {one.native_id: one for one in _ask(server, reading.state).records if isinstance(one, ModelCall)}
    changed = again[first.native_id]
    assert changed.output_tokens == 99
    assert changed.revision > first.revision
    assert len({*again} - {call.native_id for call in calls}) == 1


def test_a_map_says_what_names_do_not(server: Server, tmp_path: Path) -> None:
    """JSON, seconds as the latency, and a table whose name has a percent sign."""
    file = tmp_path / "map.toml"
    file.write_text(
        '[[table]]\ntable = "Messages"\nkind = "calls"\nid = "Id"\n[table.fields]\nstarted_at = "CreatedAt"\n'
        'output_tokens = "CompletionTokens"\n"labels.plan" = "Extra->plan"\n'
        '[table.constants]\nmodel = "m"\n[[table]]\ntable = "usage%"\nkind = "calls"\n'
        '[table.fields]\nstarted_at = "created_at"\nmodel = "model"\ntotal_tokens = "total_tokens"\n',
        encoding="utf-8",
    )
    calls = [one for one in _ask(server, map=str(file)).records if isinstance(one, ModelCall)]
    assert {tuple((call.labels or {}).items()) for call in calls} == {(("plan", "pro"),), ()}


def test_a_number_that_no_call_has_is_refused_with_its_place(server: Server) -> None:
    """The largest that an unsigned column holds stops nothing around it."""
    server.run("CREATE TABLE huge (id int PRIMARY KEY, model varchar(9), input_tokens bigint unsigned, at datetime)")
    try:
        server.run(
            "INSERT INTO huge VALUES (1, 'm', 18446744073709551615, '2026-03-02 09:00:00'), "
            "(2, 'm', 7, '2026-03-02 09:00:00'), (3, 'm', 7, '0000-00-00 00:00:00')"
        )
        reading = _ask(server)
        mine = [one for one in reading.records if isinstance(one, ModelCall) and one.model == "m"]
        assert 7 in {call.input_tokens for call in mine}
        assert [(one.field, one.reason.rpartition("(")[2]) for one in reading.refusals] == [
            ("input_tokens (input_tokens)", "row 1 of huge)"),
            ("started_at (at)", "row 3 of huge)"),
        ]
    finally:
        server.run("DROP TABLE huge")


def test_it_is_not_written_to_and_a_wrong_password_is_one(server: Server) -> None:
    """The transaction is read-only; who is not let in says that it wants another password."""
    with (
        open_server(server.url, PASSWORD) as engine,
        pytest.raises(TableError, match="READ ONLY"),
    ):
        list(engine.rows('DELETE FROM "Messages"', ()))
    with pytest.raises(PollError) as refused:
        _ask(server, secret="wrong")
    assert refused.value.secret


def test_a_server_that_is_gone_or_is_none_says_so(server: Server) -> None:
    """Nobody listens, somebody hangs up, or there is no such database: one line, and no password in it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]

        def hang_up() -> None:
            other.accept()[0].close()

        one = threading.Thread(target=hang_up)
        one.start()
        with pytest.raises(TableError) as told, open_server(f"mysql://u@127.0.0.1:{port}/x", "hush-hush"):
            pass
        one.join()
    assert "hush-hush" not in str(told.value)
    with pytest.raises(TableError) as told, open_server(f"mysql://u@127.0.0.1:{port}/x", "hush-hush"):
        pass
    assert "\n" not in str(told.value)
    assert not told.value.secret
    with pytest.raises(TableError), open_server(server.url.replace("/app", "/nowhere"), PASSWORD):
        pass


def test_the_command_reads_it(server: Server, tmp_path: Path) -> None:
    """With its password in the environment, saved, and read on by `import`."""
    shell = Shell(tmp_path)
    told = shell.run(
        *("import-table", server.url, "--table", "Messages", "--secret-env", "MY", "--save", "my", "--json"),
        MY=PASSWORD,
    )
    assert json.loads(told.stdout)["accepted"] >= 15
    assert PASSWORD not in (shell.data / "tokometer.toml").read_text(encoding="utf-8")
    again = json.loads(shell.run("import", "--json", MY=PASSWORD).stdout)
    assert (again["tables"], again["accepted"]) == (1, 0)
