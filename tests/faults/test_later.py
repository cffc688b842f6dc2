"""What can become right later is tried again by itself: a permission, a file that was gone for a moment, a price."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generators.claude_json import answer, prompt
from generators.codex_lines import NAME, count, meta, usage
from generators.codex_lines import line as codex_line
from servers.ledgers import place
from tokometer.collect import anew, follower
from tokometer.collect.anew import STEP, price_all_anew
from tokometer.collect.changes import look
from tokometer.collect.follower import Follower
from tokometer.collect.importer import import_all
from tokometer.collect.reading import Prices
from tokometer.collect.writer import Writer
from tokometer.ledger import Batch, Ledger, LedgerFull, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.refused import list_refused
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, now_us
from tokometer.server.price_list import PriceList
from tokometer.sources.codex import FOUND as CODEX
from tokometer.sources.registry import FILE_SOURCES

OWN_PRICE = '[[price]]\nprovider = "acme"\nmodel = "made-up"\ninput = 2\noutput = 4\n'


def until(true: Callable[[], bool]) -> bool:
    """Wait for something to become true."""
    deadline = time.monotonic() + 20
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@dataclass
class Scene:
    """A home folder that is followed, with a session of each tool."""

    home: Path
    ledger: Ledger
    follower: Follower

    @property
    def claude(self) -> Path:
        """The transcript."""
        return self.home / ".claude" / "projects" / "-a" / "s1.jsonl"

    @property
    def codex(self) -> Path:
        """The rollout."""
        return self.home / ".codex" / "sessions" / "2026" / "03" / "02" / NAME

    def start(self) -> None:
        """Follow, and wait until what is there has been read."""
        self.follower.start()
        assert self.follower.caught_up.wait(20)

    def calls(self) -> list[tuple[Any, ...]]:
        """All calls."""
        sql = "SELECT source, native_id, output_tokens, latency_us, session_id FROM calls ORDER BY ALL"
        return self.ledger.fetch(Statement(sql))

    def cursors(self) -> dict[str, bytes]:
        """How far each file was read."""
        return {**self.ledger.cursors("claude_code"), **self.ledger.cursors("codex")}


def write(path: Path, *lines: dict[str, Any], more: bool = False) -> None:
    """Write lines to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab" if more else "wb") as file:
        file.writelines(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """See :class:`Scene`; it looks around often."""
    monkeypatch.setattr(follower, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(follower, "_LOOK_SHARE", 0)
    monkeypatch.setattr(follower, "_FIRST_RETRY", 0.1)
    ledger = open_ledger(tmp_path / "data")
    writer = Writer(ledger, PriceBook())
    made = Scene(tmp_path, ledger, Follower(writer, ledger, FILE_SOURCES, Prices(), tmp_path, {}))
    use = {"content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}]}
    write(made.claude, prompt("do it"), answer("msg_1", uuid="a1", message=use))
    write(made.codex, meta(), codex_line("turn_context", {"model": "gpt-5.1"}, 1), count(usage(10, 2), usage(10, 2), 2))
    yield made
    made.follower.stop()
    writer.close()
    assert ledger.audit() == []
    ledger.close()


def go_on(scene: Scene) -> None:
    """Both sessions go on: the tool answers, the model does, and the rollout's totals grow."""
    result = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]
    write(scene.claude, prompt(result, uuid="r1", timestamp="2026-09-01T10:00:07.000Z"), more=True)
    write(scene.claude, answer("msg_2", "req_2", uuid="a2", timestamp="2026-09-01T10:00:09.000Z"), more=True)
    write(scene.codex, count(usage(30, 6), usage(20, 4), 5), more=True)


def expected(tmp_path: Path, scene: Scene) -> list[tuple[Any, ...]]:
    """What one look at the files as they are gives."""
    ledger = open_ledger(tmp_path / "once")
    import_all(ledger, Prices(), FILE_SOURCES, scene.home, {})
    calls = Scene(scene.home, ledger, scene.follower).calls()
    ledger.close()
    return calls


def test_a_file_that_may_be_read_again_is_read_and_no_longer_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within seconds, without a change to it; what was refused of its lines stays refused."""
    closed = True
    read = CODEX.read

    def guarded(path: Path, state: bytes) -> Any:
        if closed:
            raise PermissionError(13, "Permission denied")
        return read(path, state)

    monkeypatch.setattr(type(CODEX), "read", lambda _, path, state: guarded(path, state))
    write(scene.claude, {"type": []}, more=True)
    scene.start()
    assert until(lambda: len(list_refused(scene.ledger, limit=9)) == 2)
    assert {one.reason for one in list_refused(scene.ledger, limit=9)} >= {"cannot be read: Permission denied"}
    assert len(scene.calls()) == 1
    closed = False
    assert until(lambda: len(scene.calls()) == 2)
    assert until(lambda: len(list_refused(scene.ledger, limit=9)) == 1)
    assert list_refused(scene.ledger, limit=9)[0].field == "type"


def test_an_import_that_may_read_again_takes_back_the_refusal(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from the command line, where nobody follows."""
    with monkeypatch.context() as patch:
        patch.setattr(type(CODEX), "read", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        import_all(scene.ledger, Prices(), FILE_SOURCES, scene.home, {})
    assert len(list_refused(scene.ledger, limit=9)) == 1
    import_all(scene.ledger, Prices(), FILE_SOURCES, scene.home, {})
    assert list_refused(scene.ledger, limit=9) == []
    assert len(scene.calls()) == 2


@pytest.mark.parametrize("what", ["file", "folder", "root", "home"])
def test_what_is_gone_for_a_moment_is_not_forgotten(scene: Scene, tmp_path: Path, what: str) -> None:
    """A file, its folder, a root or the whole home comes back: it is gone on with where it was left, once."""
    scene.start()
    assert until(lambda: len(scene.calls()) == 2)
    before = scene.cursors()
    for path, root in ((scene.claude, ".claude"), (scene.codex, ".codex")):
        moved = {
            "file": path,
            "folder": path.parent,
            "root": scene.home / root / ("projects" if root == ".claude" else "sessions"),
            "home": scene.home / root,
        }[what]
        moved.rename(tmp_path / f"away-{root}")
    time.sleep(0.6)
    assert scene.cursors() == before
    for path, root in ((scene.claude, ".claude"), (scene.codex, ".codex")):
        moved = {
            "file": path,
            "folder": path.parent,
            "root": scene.home / root / ("projects" if root == ".claude" else "sessions"),
            "home": scene.home / root,
        }[what]
        (tmp_path / f"away-{root}").rename(moved)
    go_on(scene)
    assert until(lambda: len(scene.calls()) == 4)
    time.sleep(0.3)
    assert scene.calls() == expected(tmp_path, scene)
    assert scene.cursors().keys() == before.keys()


def test_a_file_that_an_editor_writes_anew_is_read_once(scene: Scene, tmp_path: Path) -> None:
    """Another file of the same name, with what was there and more: nothing is lost or doubled."""
    scene.start()
    assert until(lambda: len(scene.calls()) == 2)
    for path in (scene.claude, scene.codex):
        shutil.copy(path, path.with_suffix(".new"))
        path.unlink()
        time.sleep(0.3)
        path.with_suffix(".new").rename(path)
    go_on(scene)
    assert until(lambda: len(scene.calls()) == 4)
    time.sleep(0.3)
    assert scene.calls() == expected(tmp_path, scene)


def test_what_is_gone_for_long_is_forgotten(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not while its root is gone, or empty: a drive that is not mounted says nothing of its files."""
    monkeypatch.setattr(follower, "_GONE_SECONDS", 0.3)
    scene.start()
    shutil.rmtree(scene.home / ".claude" / "projects")
    (scene.home / ".claude" / "projects").mkdir()
    time.sleep(1)
    assert len(scene.cursors()) == 2
    (scene.home / ".claude" / "projects" / "-b").mkdir()
    assert until(lambda: len(scene.cursors()) == 1)


def test_a_link_in_a_circle_ends_only_itself(scene: Scene) -> None:
    """Whatever lies beside a rollout, the others of its folder are found."""
    for name in ("a", "zz", "rollout-loop.jsonl"):
        (scene.codex.parent / name).symlink_to(scene.codex.parent / name)
    found = look({"codex": CODEX}, {"codex": CODEX.roots(scene.home, {})}, {})
    assert [Path(job.path).name for job in found.jobs] == [NAME]


# -- prices ------------------------------------------------------------------------------------------------------------


def call(name: str, model: str = "made-up", **fields: Any) -> ModelCall:
    """A call of an hour ago."""
    at = now_us() - 3_600_000_000
    values = {"input_tokens": 1_000_000, "output_tokens": 500_000, **fields}
    return ModelCall(source="api", native_id=name, started_at=at, provider="acme", model=model, **values)


def costs(ledger: Ledger) -> dict[str, str | None]:
    """What each call cost."""
    rows = ledger.fetch(Statement("SELECT native_id, cost_usd, price_basis FROM calls"))
    return {name: basis if cost is None else f"{cost:f}" for name, cost, basis in rows}


@pytest.fixture(params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on either engine."""
    url = "" if request.param == "duckdb" else place(f"later_{tmp_path.name.replace('-', '_')}")
    opened = open_ledger(tmp_path / "ledger", url=url)
    yield opened
    opened.close()


def test_calls_are_priced_when_their_price_becomes_known(ledger: Ledger, tmp_path: Path) -> None:
    """Beside other work, by the book that is put in place; what has a cost keeps it, whatever the book says now."""
    prices = Prices(tmp_path / "prices.toml")
    told: list[Any] = []
    writer = Writer(ledger, PriceBook(), told.append)
    records = [call("a"), call("b"), call("other", "unknown"), call("reported", cost_reported=7_000_000_000)]
    writer.submit(Batch([*records, call("no usage", input_tokens=None, output_tokens=None)])).result(20)
    assert set(costs(ledger).values()) == {"unpriced:no-price", "7.000000000", "unpriced:no-usage"} | {
        value for value in costs(ledger).values() if value and "no-usage" in value
    }
    prices.overrides.write_text(OWN_PRICE)  # type: ignore[union-attr]
    writer.book = prices.open()
    assert until(lambda: costs(ledger)["a"] == costs(ledger)["b"] == "4.000000000")
    assert costs(ledger)["other"] == "unpriced:no-price"
    assert costs(ledger)["reported"] == "7.000000000"
    assert until(lambda: any("calls" in receipt.touched and receipt.changed == 2 for receipt in told))
    prices.overrides.write_text(OWN_PRICE.replace("input = 2", "input = 20"))  # type: ignore[union-attr]
    writer.book = prices.open()
    writer.submit(Batch([call("new")])).result(20)
    time.sleep(0.5)
    assert costs(ledger)["a"] == "4.000000000"
    assert costs(ledger)["new"] == "22.000000000"
    writer.close()
    assert ledger.audit() == []


def test_at_the_next_start_and_import_what_has_a_price_now_gets_it(tmp_path: Path) -> None:
    """Prices that came while nothing ran, written by the user or brought by an upgrade."""
    (tmp_path / "prices.toml").write_text(OWN_PRICE)
    for number, begin in enumerate(("server", "import")):
        ledger = open_ledger(tmp_path / f"data{number}")
        ledger.commit(Batch([call("a")]))
        if begin == "server":
            writer = Writer(ledger, Prices(tmp_path / "prices.toml").open())
            assert until(lambda ledger=ledger: costs(ledger)["a"] == "4.000000000")  # type: ignore[misc]
            writer.close()
        else:
            summary = import_all(ledger, Prices(tmp_path / "prices.toml"), FILE_SOURCES, tmp_path / "nobody", {})
            assert summary.priced == 1
        assert costs(ledger) == {"a": "4.000000000"}
        assert ledger.audit() == []
        ledger.close()


def test_it_goes_in_bounded_steps_and_on_after_a_failure(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A ledger that cannot write is tried again later; each step looks at few calls."""
    monkeypatch.setattr(anew, "STEP", 40)
    monkeypatch.setattr(anew, "_FIRST_RETRY", 0.05)
    assert STEP == 5_000
    records = [call(str(number)) for number in range(100)]
    for number, record in enumerate(records):
        record.started_at -= number % 10 * 900_000_000
    ledger.commit(Batch(list(records)))
    (tmp_path / "prices.toml").write_text(OWN_PRICE)
    reprice, sizes = ledger.reprice, []

    def failing(costs: Any) -> int:
        sizes.append(len(costs))
        if len(sizes) == 2:
            raise LedgerFull("the disk is full")
        return reprice(costs)

    monkeypatch.setattr(ledger, "reprice", failing)
    writer = Writer(ledger, Prices(tmp_path / "prices.toml").open())
    assert until(lambda: set(costs(ledger).values()) == {"4.000000000"})
    writer.close()
    assert max(sizes) <= 40
    assert price_all_anew(ledger, PriceBook) == 0


def test_prices_are_followed_while_the_server_runs(tmp_path: Path) -> None:
    """A changed file is used, a broken one is told and changes nothing, one that is gone for a look is waited for."""
    path = tmp_path / "prices.toml"
    books: list[PriceBook] = []
    listed = PriceList(Prices(path), books.append)
    listed.look()
    assert books == []
    path.write_text(OWN_PRICE)
    listed.look()
    listed.look()
    assert len(books) == 1
    path.write_text("[[price]\n")
    listed.look()
    listed.look()
    assert (len(books), "prices.toml" in listed.error) == (1, True)
    path.write_text(OWN_PRICE + "\n")
    listed.look()
    assert (len(books), listed.error) == (2, "")
    path.rename(tmp_path / "away")
    listed.look()
    (tmp_path / "away").rename(path)
    listed.look()
    assert books[-1].version == books[0].version
    path.unlink()
    listed.look()
    listed.look()
    assert books[-1].version == PriceBook().version
