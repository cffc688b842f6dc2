"""Decoding in another process gives what decoding here gives, whatever becomes of that process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from generators.otlp_spans import protobuf, span
from tokometer.collect.bodies import Decoded
from tokometer.collect.decoding import Decoder
from tokometer.collect.reading import Prices
from tokometer.records import ModelCall
from tokometer.sources.otlp import OtlpError, decode_traces
from tokometer.sources.own import NotRecords

CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 10,
}
BODY = protobuf(span(attributes=CHAT), span("GET /", {}), span(attributes={**CHAT, "gen_ai.usage.input_tokens": -1}))


def run(tmp_path: Path, talk: Callable[[Decoder], Coroutine[Any, Any, None]]) -> None:
    """Have a conversation with a decoder that takes everything for large."""

    async def whole() -> None:
        decoder = Decoder(Prices(None, tmp_path), worth_bytes=0)
        try:
            await talk(decoder)
        finally:
            decoder.close()
            await asyncio.sleep(0)

    asyncio.run(whole())


async def packed(decoder: Decoder, body: bytes = BODY) -> Decoded:
    """The first answer that comes from the other process."""
    async with asyncio.timeout(60):
        while True:
            found = await decoder.otlp("traces", body, "protobuf")
            if found.packed:
                return found
            await asyncio.sleep(0.05)


def names(decoded: Decoded) -> list[str]:
    """What was found, wherever it was decoded."""
    found = [*decoded.records, *(record for packed in decoded.packed for record in packed.records())]
    return [record.native_id for record in found]


def test_both_processes_find_the_same(tmp_path: Path) -> None:
    """While the other process starts, requests are decoded here; the answers tell no difference but the price."""

    async def talk(decoder: Decoder) -> None:
        here = await decoder.otlp("traces", BODY, "protobuf")
        there = await packed(decoder)
        assert here.records
        assert not here.packed
        assert names(there) == names(here) == [record.native_id for record in decode_traces(BODY, "protobuf").records]
        assert [(one.field, one.reason) for one in there.refusals] == [(one.field, one.reason) for one in here.refusals]
        (call,) = there.packed[0].records()
        assert isinstance(call, ModelCall)
        assert call.cost_priced is not None
        assert there.packed[0].price_version

    run(tmp_path, talk)


def test_bodies_of_errors_are_kept_only_where_that_is_asked(tmp_path: Path) -> None:
    """In both processes: without being asked, what was sent is left out, and its field is noticed."""
    body = b'[{"started_at": "2026-11-01T12:00:00Z", "message": "no", "request": {"prompt": "secret"}}]'

    async def talk(decoder: Decoder) -> None:
        for _ in range(2):
            for bodies in (False, True):
                found = await decoder.own("error_details", body, "application/json", bodies=bodies)
                records = [*found.records, *(one for packed in found.packed for one in packed.records())]
                assert [getattr(one, "request", None) for one in records] == ['{"prompt": "secret"}' if bodies else ""]
                assert [one.name for one in found.notices] == ([] if bodies else ["error_details.request"])
            await packed(decoder)

    run(tmp_path, talk)


def test_answers_belong_to_their_requests(tmp_path: Path) -> None:
    """Many at once, good and bad: each gets its own answer."""

    async def talk(decoder: Decoder) -> None:
        await packed(decoder)
        bodies = [protobuf(*(span(attributes=CHAT) for _ in range(count))) for count in range(1, 20)]
        asked = [decoder.otlp("traces", body, "protobuf") for body in (*bodies, b"\xff\xff not protobuf")]
        *good, bad = await asyncio.gather(*asked, return_exceptions=True)
        assert [len(names(found)) for found in good if isinstance(found, Decoded)] == list(range(1, 20))
        assert isinstance(bad, OtlpError)

    run(tmp_path, talk)


def test_a_dead_process_costs_no_request(tmp_path: Path) -> None:
    """Requests go on while the other process is killed again and again, and another takes its place."""

    async def talk(decoder: Decoder) -> None:
        for _ in range(2):
            await packed(decoder)
            assert decoder.process is not None
            asked = [asyncio.create_task(decoder.otlp("traces", BODY, "protobuf")) for _ in range(10)]
            await asyncio.sleep(0)
            os.kill(decoder.process, signal.SIGKILL)
            found = await asyncio.gather(*asked)
            assert {len(names(one)) for one in found} == {1}

    run(tmp_path, talk)


def test_new_prices_are_used(tmp_path: Path) -> None:
    """After `renew` a process with the prices as they are now answers."""

    async def talk(_: Decoder) -> None:
        file = tmp_path / "prices.toml"
        decoder = Decoder(Prices(file, tmp_path), worth_bytes=0)
        before = (await packed(decoder)).packed[0].price_version
        file.write_text('[[price]]\nmodel = "gpt-4o"\ninput = 1\noutput = 1\n')
        decoder.renew()
        after = (await packed(decoder)).packed[0].price_version
        assert before != after
        decoder.close()

    run(tmp_path, talk)


def test_the_current_folder_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is named like one of our libraries is not taken for it."""
    (tmp_path / "msgspec.py").write_text("raise SystemExit('this is not the library')")
    monkeypatch.chdir(tmp_path)

    async def talk(decoder: Decoder) -> None:
        await packed(decoder)

    run(tmp_path, talk)


def test_small_requests_start_nothing(tmp_path: Path) -> None:
    """A request below the limit is decoded here."""

    async def talk(_: Decoder) -> None:
        decoder = Decoder(Prices(None, tmp_path), worth_bytes=len(BODY) + 1)
        await decoder.otlp("traces", BODY, "protobuf")
        await asyncio.sleep(0.1)
        assert decoder.process is None
        decoder.close()

    run(tmp_path, talk)


def test_a_process_that_cannot_start_is_done_without(tmp_path: Path) -> None:
    """Broken overrides end the other process: requests are decoded here, for good."""

    async def talk(_: Decoder) -> None:
        file = tmp_path / "prices.toml"
        file.write_text("this is not TOML")
        decoder = Decoder(Prices(file, tmp_path), worth_bytes=0)
        for _ in range(20):
            found = await decoder.otlp("traces", BODY, "protobuf")
            assert len(found.records) == 1
            await asyncio.sleep(0.05)
        assert decoder.process is None
        decoder.close()

    run(tmp_path, talk)


OWN = b"\n".join(
    (
        b'{"id": "a", "model": "gpt-4o", "started_at": 1764000000, "input_tokens": 5, "output_tokens": 1}',
        b'{"id": "b", "model": "gpt-4o", "started_at": 1764000000, "input_tokens": -5}',
        b'{"id": "c", "model": "gpt-4o", "started_at": 1764000000, "labels_typo": 1}',
    )
)


def test_own_records_go_the_same_way(tmp_path: Path) -> None:
    """A body in our own format is decoded, refused and priced in the other process as it is here."""

    async def talk(decoder: Decoder) -> None:
        here = await decoder.own("calls", OWN, "application/x-ndjson")
        await packed(decoder)
        there = await decoder.own("calls", OWN, "application/x-ndjson")
        assert there.packed
        assert names(there) == names(here) == ["a"]
        assert [(one.position, one.field, one.reason) for one in there.refusals] == [
            (one.position, one.field, one.reason) for one in here.refusals
        ]
        assert [one.position for one in there.refusals] == [1, 2]

    run(tmp_path, talk)


@pytest.mark.parametrize(
    ("body", "media_type", "unfit"), [(OWN, "text/plain", True), (b"[1, 2", "application/json", False)]
)
def test_a_body_that_holds_no_records_is_told_apart(tmp_path: Path, body: bytes, media_type: str, unfit: bool) -> None:
    """What is no JSON, and what says that it is something else, are refused as such by either process."""

    async def talk(decoder: Decoder) -> None:
        for _ in range(2):
            with pytest.raises(NotRecords) as caught:
                await decoder.own("calls", body, media_type)
            assert caught.value.media_type is unfit
            await packed(decoder)

    run(tmp_path, talk)


def test_a_process_that_is_stuck_is_given_up(tmp_path: Path) -> None:
    """What takes too long is refused, the process that was at it is ended, and the next request gets another one."""

    async def talk(_: Decoder) -> None:
        decoder = Decoder(Prices(None, tmp_path), worth_bytes=0, seconds=2)
        await packed(decoder)
        first = decoder.process
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(OtlpError, match="takes longer than 2 s"):
            await decoder.otlp("traces", BODY, "protobuf")
        await packed(decoder)
        assert decoder.process not in (None, first)
        decoder.close()

    run(tmp_path, talk)
