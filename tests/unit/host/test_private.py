"""What we write is for its user alone, whatever the umask and whatever stood there before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokometer.host.private import close_cache, private_folder, tighten, write_private


def mode(path: Path) -> int:
    """The permissions of a file or folder."""
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """The loosest umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_file_is_written_for_its_user_alone(tmp_path: Path) -> None:
    """And nothing else is left in the folder."""
    write_private(tmp_path / "server.json", b"{}")
    assert mode(tmp_path / "server.json") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["server.json"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """A folder in its place: nothing is left half done."""
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="x"):
        write_private(tmp_path / "x", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """Whoever else may write to the folder cannot have us write elsewhere."""
    (tmp_path / "theirs").write_text("keep")
    (tmp_path / "server.json").symlink_to(tmp_path / "theirs")
    write_private(tmp_path / "server.json", b"{}")
    assert (tmp_path / "theirs").read_text() == "keep"
    assert not (tmp_path / "server.json").is_symlink()


def test_a_folder_is_made_for_its_user_alone(tmp_path: Path) -> None:
    """It and the folders above it that were not there."""
    private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_what_was_loose_is_tightened(tmp_path: Path) -> None:
    """The ledger and what goes with it, and the folder that holds nothing else."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    ours = [folder / name for name in ("ledger.duckdb", "ledger.duckdb.wal", "colours.json", "server.lock")]
    for file in ours:
        file.touch(mode=0o644)
    (folder / "tokometer.toml").touch(mode=0o640)
    tighten(folder)
    assert mode(folder) == 0o700
    assert {mode(file) for file in ours} == {0o600}
    assert mode(folder / "tokometer.toml") == 0o640


def test_a_folder_that_holds_something_else_keeps_its_mode(tmp_path: Path) -> None:
    """It may be shared on purpose; our files in it are closed all the same, and nobody else's."""
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    (folder / "ledger.duckdb").touch(mode=0o644)
    (folder / "report.txt").touch(mode=0o644)
    (folder / "server.json").symlink_to(folder / "report.txt")
    tighten(folder)
    assert (mode(folder), mode(folder / "ledger.duckdb"), mode(folder / "report.txt")) == (0o755, 0o600, 0o644)


def test_the_cache_is_closed_whole(tmp_path: Path) -> None:
    """All that is in it is ours."""
    inner = tmp_path / "cache" / "templates"
    inner.mkdir(parents=True, mode=0o755)
    (inner / "x").touch(mode=0o644)
    close_cache(tmp_path / "cache")
    assert (mode(tmp_path / "cache"), mode(inner), mode(inner / "x")) == (0o700, 0o700, 0o600)
    tighten(tmp_path / "nowhere")
    close_cache(tmp_path / "nowhere")
