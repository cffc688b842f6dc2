"""Opening files, and nothing but files."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tokometer.host.regular import check_regular, open_regular, read_bytes, read_text


def pipe(path: Path) -> None:
    """A named pipe."""
    os.mkfifo(path)


def listening(path: Path) -> None:
    """A socket."""
    before = Path.cwd()
    os.chdir(path.parent)  # the address of a socket may only be short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(before)


def folder(path: Path) -> None:
    """A folder."""
    path.mkdir()


def zeros(path: Path) -> None:
    """A device that never ends."""
    path.symlink_to("/dev/zero")


def terminal(path: Path) -> None:
    """A device that opening does something to."""
    path.symlink_to("/dev/ptmx")


def link_to_pipe(path: Path) -> None:
    """A link to a named pipe."""
    os.mkfifo(path.with_suffix(".pipe"))
    path.symlink_to(path.with_suffix(".pipe"))


NO_FILES = [pipe, listening, folder, zeros, terminal, link_to_pipe]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", NO_FILES)
@pytest.mark.parametrize("read", [check_regular, open_regular, read_bytes, read_text])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_nothing_but_a_file_is_opened(
    tmp_path: Path, make: Callable[[Path], None], read: Callable[[Path], object]
) -> None:
    """A pipe, a socket, a folder, a device: each is refused at once, and by name."""
    path = tmp_path / "x.jsonl"
    make(path)
    with pytest.raises(OSError, match="not a regular file") as raised:
        read(path)
    assert raised.value.errno == errno.EINVAL
    assert raised.value.filename == str(path)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [pipe, zeros, link_to_pipe])
def test_a_file_to_write_is_a_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """What is opened to be written is a regular file, too, made where there is none."""
    flags = os.O_RDWR | os.O_CREAT
    with open_regular(tmp_path / "new", flags) as file:
        file.write(b"1")
    assert (tmp_path / "new").read_bytes() == b"1"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    make(tmp_path / "lock")
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(tmp_path / "lock", flags)


@pytest.mark.timeout(10)
def test_a_pipe_put_there_after_the_look_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that becomes a pipe between looking and opening is still refused."""
    path = tmp_path / "x"
    path.write_bytes(b"1")
    look = os.stat

    def look_and_replace(name: Path) -> os.stat_result:
        found = look(name)
        path.unlink()
        os.mkfifo(path)
        return found

    monkeypatch.setattr(os, "stat", look_and_replace)
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(path)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    """A file above the limit is refused by its size: 100 GB of nothing take no time and no memory."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(100 << 30)
    with pytest.raises(OSError, match="larger than 16 MiB") as raised:
        read_bytes(path)
    assert raised.value.errno == errno.EFBIG
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_bytes(path, 4)


def test_a_file_without_a_size_is_bounded_as_well() -> None:
    """The system's own files say that they are empty, and are read up to the limit."""
    assert b"Pid:" in read_bytes("/proc/self/status")
    with pytest.raises(OSError, match="larger than 100 bytes"):
        read_bytes("/proc/self/status", 100)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    """It is an error of the system like others, not one of ours."""
    for read in (check_regular, open_regular, read_bytes):
        with pytest.raises(OSError, match=r"no file can have this name|File name too long"):
            read(tmp_path / name)


def test_a_link_that_leads_in_circles(tmp_path: Path) -> None:
    """It is refused by the system, and that is told as it is."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels"):
        read_bytes(tmp_path / "a")


def test_names_in_any_encoding(tmp_path: Path) -> None:
    """A name that is not UTF-8, or has a newline, is a name."""
    for name in (b"caf\xe9", b"two\nlines", b"\xff\xfe"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        path.write_bytes(name)
        assert read_bytes(path) == name


def test_a_file_is_closed_when_it_is_refused(tmp_path: Path) -> None:
    """No handle is left open, however often something else is met."""
    pipe(tmp_path / "x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(OSError, match="not a regular file"):
            read_text(tmp_path / "x")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
