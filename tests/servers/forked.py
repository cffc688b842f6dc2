"""Programs of ours that begin with what they import already there: a process that has it forks one for each.

To import the command line and the server takes a second of processor time, and the tests start hundreds of both. A
worker's first start makes one process that imports all of Tokometer and then does nothing but fork: the child gets
the descriptors, the environment, the working folder, the arguments and the code of whoever asked, and runs that as
`python -c` would. At its end it waits for its threads and runs what is registered for the end, and its code or signal
is told to who waits.

What differs from a process of its own:

* Modules are there that the program would import later or never: it cannot show that something is imported where it
  is needed, nor how long a start takes or how much memory a process has.
* Strings hash alike in all of them, as they would with one `PYTHONHASHSEED`.
* Its parent is the process that forks, which is a child of the worker; `sys.flags` are that one's.
* At the end Python does not take its modules apart, one by one, and what is said while it does that is not heard.

Where the interpreter would read more at its start (variables for Python itself, another encoding) :func:`run` and
`whole.running` start a process of its own; and some of each kind are tested with `subprocess`, on purpose: the command
in `tests/unit/cli/test_app.py`, what is killed while it starts, what is measured, what clients start.
"""

from __future__ import annotations

import atexit
import builtins
import gc
import json
import os
import pkgutil
import selectors
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

#: What Python reads when it starts, and what of that a child does as well as any.
_FOR_PYTHON: Final = ("PYTHON", "LC_")
_KNOWN: Final = ("PYTHONUNBUFFERED", "1")
#: Where text that is none is passed through as it came.
_NO_LOCALES: Final = (None, "C", "POSIX", "C.UTF-8")
#: Modules that only run within another program.
_NO_MODULES: Final = ("tokometer.accounts.migrations.",)
#: What of others' the server imports once it runs.
_OF_OTHERS: Final = ("uvicorn.lifespan.off", "uvicorn.loops.uvloop", "vl_convert")
#: More than any request takes.
_MOST: Final = 200_000
#: The exit code where the output could not be written.
_NOT_SAID: Final = 120
COMMAND: Final = Path(sys.executable).with_name("tokometer")
_MAIN: Final = "import sys; from tokometer.cli import main; sys.exit(main())"


def suits(env: Mapping[str, str]) -> bool:
    """Whether a program with this environment can be forked: it asks nothing of the interpreter's own start."""
    asked = {(name, value) for name, value in env.items() if name.startswith(_FOR_PYTHON)} - {_KNOWN}
    return not asked and (env.get("LANG") in _NO_LOCALES or env["LANG"].upper().endswith("UTF-8"))


class Forked(subprocess.Popen[Any]):
    """A program that was forked: for who started it, a process like any.

    Its arguments are those of the command, `[COMMAND, …]`, or `[sys.executable, "-c", code, …]`.
    """

    _ended: socket.socket

    def __init__(
        self,
        arguments: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: int | IO[Any] | None = None,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
        text: bool = False,
    ) -> None:
        assert suits(env), env
        super().__init__(
            [str(argument) for argument in arguments],
            env=env,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=text,
        )

    def _execute_child(self, args: list[str], *rest: Any) -> None:
        """Have it forked; in the place of what starts another program."""
        _, _, _, _, cwd, env, _, _, _, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, *_ = rest
        if args[:2] == [sys.executable, "-c"]:
            code, words = args[2], ["-c", *args[3:]]
        else:
            assert args[0] == str(COMMAND), args
            code, words = _MAIN, args
        asked = {"code": code, "words": words, "env": dict(env), "cwd": str(cwd or Path.cwd())}
        own, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        streams = [number if at == -1 else at for number, at in enumerate((p2cread, c2pwrite, errwrite))]
        try:
            self.pid = _forker().fork(json.dumps(asked).encode(), [*streams, its.fileno()], own)
        except BaseException:
            own.close()
            raise
        finally:
            its.close()
            self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]
        self._ended = own
        self._child_created = True

    def _try_wait(self, flags: int) -> tuple[int, int]:
        """Its process id and how it ended; zeros while it runs, if nobody should wait."""
        self._ended.setblocking(not flags & os.WNOHANG)
        try:
            told = self._ended.recv(64)
        except BlockingIOError:
            return 0, 0
        assert told, "whoever forks has ended"
        return self.pid, int(told)

    def _internal_poll(self, _deadstate: object = None) -> int | None:
        """Whether it has ended, and how."""
        lock: threading.Lock = self._waitpid_lock  # type: ignore[attr-defined]
        if self.returncode is None and lock.acquire(blocking=False):
            try:
                pid, status = (0, 0) if self.returncode is not None else self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
            finally:
                lock.release()
        return self.returncode

    def _handle_exitstatus(self, status: int) -> None:
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.close()


def run(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    input: Any = None,  # noqa: A002 - as `subprocess.run` has it
    text: bool = False,
    timeout: float = 120,
    check: bool = False,
) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end, and give what it said; forked, if that suits its environment."""
    start: type[subprocess.Popen[Any]] = Forked if suits(env) else subprocess.Popen
    stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
    out = subprocess.PIPE
    with start(arguments, env=env, cwd=cwd, stdin=stdin, stdout=out, stderr=out, text=text) as process:
        try:
            said, errors = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(process.args, process.returncode, said, errors)
    if check:
        done.check_returncode()
    return done


class _Forker:
    """The process that forks; it ends with whoever holds the other end of its socket."""

    def __init__(self) -> None:
        self._socket, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        env = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ} | {"LANG": "C.UTF-8"}
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(its.fileno())],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
            )

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._process.wait(30)

    def fork(self, asked: bytes, descriptors: list[int], own: socket.socket) -> int:
        """Fork a program; its process id comes by its own socket."""
        assert len(asked) < _MOST, len(asked)
        socket.send_fds(self._socket, [asked], descriptors)
        told = own.recv(64)
        assert told, "whoever forks has ended"
        return int(told)


_FORKERS: Final[list[_Forker]] = []


def _forker() -> _Forker:
    """That of this worker, from its first use on."""
    if not _FORKERS:
        _FORKERS.append(_Forker())
        atexit.register(_FORKERS[0].close)
    return _FORKERS[0]


def _load() -> None:
    """Import all of Tokometer, and nothing else: no thread runs and no file is open afterwards."""
    package = import_module("tokometer")
    for module in pkgutil.walk_packages(package.__path__, "tokometer."):
        if not module.name.startswith(_NO_MODULES) and not module.name.endswith(".__main__"):
            import_module(module.name)
    for name in _OF_OTHERS:
        import_module(name)


def _open_files() -> list[str]:
    found = list(Path("/proc/self/fd").iterdir())
    return [str(path.readlink()) for path in found if path.exists() and int(path.name) > 2]


def _wait_for(asked: socket.socket) -> dict[str, Any]:
    """Fork for each that asks, and tell how each ended. It returns in the children, with what is to be run."""
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    pid, its = key.data
                    selector.unregister(key.fileobj)
                    os.close(key.fd)
                    with its:
                        _tell(its, os.waitpid(pid, 0)[1])
                    continue
                message, descriptors, _, _ = socket.recv_fds(asked, _MOST, 4)
                if not message:
                    os._exit(0)
                its = socket.socket(fileno=descriptors.pop())
                pid = os.fork()
                if pid == 0:
                    return json.loads(message) | {"streams": descriptors}
                for descriptor in descriptors:
                    os.close(descriptor)
                _tell(its, pid)
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, its))


def _tell(its: socket.socket, number: int) -> None:
    try:
        its.send(str(number).encode())
    except OSError:
        """Nobody waits for it any more."""


def _become(start: dict[str, Any]) -> types.CodeType:
    """Be the program that was asked for, as far as the interpreter can be at its start; what it has to run."""
    for number, descriptor in enumerate(start["streams"]):
        os.dup2(descriptor, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(start["cwd"])
    os.environ.clear()
    os.environ.update(start["env"])
    time.tzset()
    sys.argv = start["words"]
    unbuffered = "PYTHONUNBUFFERED" in os.environ
    passed = "surrogateescape" if os.environ.get("LANG") in _NO_LOCALES else "strict"
    for number, name, mode, errors in (
        (0, "stdin", "r", passed),
        (1, "stdout", "w", passed),
        (2, "stderr", "w", "backslashreplace"),
    ):
        stream = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115 - it stays open
        if mode == "w":
            stream.reconfigure(line_buffering=number == 2 or stream.isatty(), write_through=unbuffered)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    return compile(start["code"], "<string>", "exec")


def _run(code: types.CodeType) -> int:
    """Run it as the main program; the exit code, once what is registered for the end has run."""
    try:
        exec(code, sys.modules["__main__"].__dict__)
        ended = 0
    except SystemExit as end:
        ended = _code_of(end.code)
    except BaseException as error:  # noqa: BLE001 - what nobody has caught is said, as Python does
        sys.excepthook(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        ended = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return _NOT_SAID
    return ended


def _code_of(said: object) -> int:
    if said is None or isinstance(said, int):
        return (said or 0) & 0xFF
    sys.stderr.write(f"{said}\n")
    return 1


if __name__ == "__main__":
    _load()
    _asked = socket.socket(fileno=int(sys.argv[1]))
    assert len([*Path("/proc/self/task").iterdir()]) == 1, "a thread runs before the fork"
    assert len(_open_files()) == 1, _open_files()
    gc.collect()
    # What is there is looked at by no collection of a child: that would copy all of it.
    gc.freeze()
    os._exit(_run(_become(_wait_for(_asked))))
