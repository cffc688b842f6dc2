"""What we ourselves left in files, damaged in any way: it is as if it were not there."""

from __future__ import annotations

import json
import os
import socket
import struct
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from faults.budget import Budget
from faults.test_fuzz_files import MAKERS, check
from generators.mutations import mutated, spoiled
from tokometer.cli.remote import RunningServer, find_server
from tokometer.collect import decoding
from tokometer.collect.changes import Job
from tokometer.collect.reading import Prices, read
from tokometer.prices import PriceBook
from tokometer.prices.cache import FILE
from tokometer.records import ModelCall
from tokometer.server.serving import _holder
from tokometer.settings import LabelSettings
from tokometer.sources.registry import FILE_SOURCES
from tokometer.sources.tail import Stamp, unchanged

_NUMBERS = (0, -1, 2**31, 2**53, 2**63, 2**64 - 1, -(2**63), 0.5, None, True, "", b"", [], {}, "x" * 300)


def spoiled_state(state: bytes, chance: Random) -> bytes:
    """A state with bytes wrong, or with a field that is well-formed and means nothing."""
    if chance.random() < 0.5:
        return spoiled(state, chance, state)
    made = msgspec.msgpack.decode(state)
    inner = msgspec.msgpack.decode(made[-1]) if made[-1] else []
    if inner and chance.random() < 0.7:
        _spoil(inner, chance)
        made[-1] = msgspec.msgpack.encode(inner)
    else:
        made[chance.randrange(len(made))] = chance.choice(_NUMBERS)
    return msgspec.msgpack.encode(made)


def _spoil(made: Any, chance: Random) -> None:
    keys = list(made) if isinstance(made, dict) else list(range(len(made)))
    if not keys:
        return
    key = chance.choice(keys)
    inner = made[key]
    if isinstance(inner, (list, dict)) and inner and chance.random() < 0.6:
        _spoil(inner, chance)
    else:
        made[key] = chance.choice(_NUMBERS)


@pytest.mark.parametrize("source", MAKERS)
def test_any_state_goes_on_or_begins_anew(source: str, budget: Budget, tmp_path: Path) -> None:
    """A file whose state is damaged is read on, or from its start; what is appended to it is counted."""
    make, own, name, word = MAKERS[source]
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    for number, chance in budget.rounds(f"state-{source}", 50, 10_000):
        if number % 50 == 0:
            lines = [json.dumps(line).encode() + b"\n" for line in make(chance)][:40]
            path.write_bytes(b"".join(lines))
            state = read(FILE_SOURCES[source], Job(source, str(path), b"", 1)).state
        given = spoiled_state(state, chance)
        with budget.tried(f"state_{source}", number, given):
            path.write_bytes(b"".join(lines) + own(7) + b"\n")
            unchanged(given, Stamp.of(path))
            found = read(FILE_SOURCES[source], Job(source, str(path), given, 1))
            check(found, {f"{word}7"} if found.records else set())
            assert found.state
        path.write_bytes(b"".join(lines))


def test_any_kept_listings_are_used_or_passed_over(budget: Budget, tmp_path: Path) -> None:
    """The file of prices that were looked up may hold anything: calls have their right price, and nothing is raised."""
    models = (("openai", "gpt-5"), ("anthropic", "claude-opus-4-5"), ("google", "gemini-2.5-pro"))

    def priced() -> list[int | None]:
        calls = [
            ModelCall(
                native_id=model,
                source="api",
                started_at=1_788_249_600_000_000,
                provider=provider,
                model=model,
                input_tokens=1_000,
                output_tokens=7,
            )
            for provider, model in models
        ]
        PriceBook.open(None, tmp_path).apply(calls)
        return [call.cost_priced for call in calls]

    right = priced()
    kept = (tmp_path / FILE).read_bytes()
    for number, chance in budget.rounds("price cache", 50, 5_000):
        given = spoiled(kept, chance, kept)
        (tmp_path / FILE).write_bytes(given)
        with budget.tried("price_cache", number, given):
            assert priced() == right


def test_any_server_json_names_a_server_or_none(
    budget: Budget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in it, a command finds a server or does not, and asks nobody beyond this machine."""

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Any:
        raise OSError(f"nobody at {address}")

    monkeypatch.setattr(socket, "create_connection", connect)
    path = tmp_path / "server.json"
    for number, chance in budget.rounds("server.json", 150, 20_000):
        card = {"pid": os.getpid(), "url": "http://127.0.0.1:7420", "token": "t"}
        if chance.random() < 0.3:
            card["url"] = chance.choice(("http://127.0.0.1:99999", "http://[::1", "//", "http://127.0.0.1:x", "\ud800"))
        given = json.dumps(card).encode() if number % 7 == 0 else mutated(card, chance, {"a": [1, {}]})
        path.write_bytes(given)
        with budget.tried("server_json", number, given):
            assert isinstance(find_server(tmp_path), RunningServer | None)
            _holder(tmp_path, "4711")


def test_the_process_that_decodes_answers_whatever_it_is_asked(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to it that is cut, or names what it does not know, ends it at most; it does not hang or take memory."""
    # It runs here, so that it need not be started for each.
    monkeypatch.setattr(decoding, "end_with", lambda _parent: None)
    monkeypatch.setattr(decoding.gc, "disable", lambda: None)
    labels = msgspec.json.encode(LabelSettings()).decode()
    for number, chance in budget.rounds("decode process", 10, 1_000):
        ours, its = socket.socketpair()
        name = chance.choice((b"traces:0:json", b"calls:0:0:application/json", b"", b"x" * 255, b"\xff:1", b"calls:1"))
        body = mutated({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "a"}]}]}]}, chance)
        frame = struct.pack("<BI", len(name), len(body)) + name + body
        if chance.random() < 0.5:
            frame = spoiled(frame[:5], chance) + frame[5:]
        with budget.tried("decode_process", number, frame), ours:
            ours.sendall(frame)
            ours.shutdown(socket.SHUT_WR)
            ours.settimeout(30)
            # It takes the socket over, and closes it.
            try:
                decoding.main(str(os.getppid()), str(its.detach()), "", "", labels)
            except Exception as error:  # noqa: BLE001 - it ends as a process: what matters is what it says of it
                assert len(repr(error)) < 2_000  # noqa: PT017
    assert Prices().open()
