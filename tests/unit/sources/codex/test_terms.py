"""Under what a call ran: its tier, its model, its provider, and on whose machine and account."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from generators.codex_lines import THREAD, count, event, item, line, meta, of_kind, usage, usage_record
from tokometer.records.time import to_us
from tokometer.sources.codex.state import State
from tokometer.sources.codex.terms import model_of
from tokometer.sources.machine import host
from tokometer.sources.protocol import Reading

Read = Callable[..., Reading]

SPENT = usage(10, 1)
CONTEXT = line("turn_context", {"turn_id": "t", "model": "gpt-5.2"})
#: A thread of the first releases: its id was minted on 11 Sep 2025.
EARLY = "019935a0-0000-7000-8000-000000000001"


def _tier_row(place: str, tier: Any) -> dict[str, Any]:
    """One request that states its tier in one of the places where it has been seen or may come to stand."""
    if place == "record":
        return usage_record("r", SPENT, service_tier=tier)
    if place == "record.usage":
        return usage_record("r", SPENT | {"service_tier": tier})
    row = count(dict(SPENT), dict(SPENT))
    payload = row["payload"]
    spot = {
        "count": payload,
        "count.info": payload["info"],
        "count.last": payload["info"]["last_token_usage"],
    }[place]
    spot["service_tier"] = tier
    return row


PLACES = ["record", "record.usage", "count", "count.info", "count.last"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("word", "tier"),
    [
        ("priority", "priority"),
        ("fast", "priority"),
        ("Flex", "flex"),
        ("default", ""),
        ("auto", ""),
        ("batch", "batch"),
    ],
)
def test_a_requests_own_tier_wins(read: Read, home: Path, place: str, word: str, tier: str) -> None:
    """Over that of the turn, of the thread's settings and of the configuration; the standard one as well."""
    home.mkdir()
    (home / "config.toml").write_text('service_tier = "fast"\n')
    applied = event("thread_settings_applied", thread_settings={"service_tier": "flex", "model": "gpt-5.2"})
    for before in ((), (applied,), (line("turn_context", {"model": "gpt-5.2", "service_tier": "flex"}),)):
        reading = read(meta(), *before, _tier_row(place, word))
        assert [call.service_tier for call in of_kind(reading, "calls")] == [tier]
        assert not [notice for notice in reading.notices if notice.topic == "tier"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("nothing", [None, "", 5, {"x": 1}])
def test_a_request_that_states_no_tier_runs_under_its_threads(read: Read, place: str, nothing: Any) -> None:
    """Null is not a tier; what follows runs under the thread's again."""
    context = line("turn_context", {"model": "gpt-5.2", "service_tier": "flex"})
    reading = read(meta(), context, _tier_row(place, nothing))
    assert [call.service_tier for call in of_kind(reading, "calls")] == ["flex"]


def test_a_tier_holds_for_its_own_request_only(read: Read) -> None:
    """The next record without one runs under the thread's."""
    rows = (usage_record("r1", SPENT, service_tier="priority"), usage_record("r2", SPENT), usage_record("r3", SPENT))
    calls = of_kind(read(meta(), CONTEXT, *rows), "calls")
    assert [call.service_tier for call in calls] == ["priority", "", ""]


def test_settings_that_leave_the_tier_out_have_none(read: Read) -> None:
    """Settings that name a model are complete: switching fast mode off writes them without a tier."""
    fast = event("thread_settings_applied", thread_settings={"service_tier": "fast", "model": "gpt-5.2"})
    slow = event("thread_settings_applied", thread_settings={"model": "gpt-5.2", "model_provider_id": "openai"})
    calls = of_kind(read(meta(), fast, usage_record("r1", SPENT), slow, usage_record("r2", SPENT)), "calls")
    assert [call.service_tier for call in calls] == ["priority", ""]


@pytest.mark.parametrize("place", ["record", "count", "thread", "config"])
def test_a_tier_that_nobody_knows_is_kept_and_noticed(read: Read, home: Path, place: str) -> None:
    """Its word stays on the call, so that prices can learn of it."""
    home.mkdir()
    thread = line(
        "turn_context", {"model": "gpt-5.2", "service_tier": "Hyper"} if place == "thread" else {"model": "g"}
    )
    if place == "config":
        (home / "config.toml").write_text('service_tier = "hyper"\n')
    row = _tier_row(place, "hyper") if place in PLACES else usage_record("r", SPENT)
    reading = read(meta(), thread, row)
    assert [call.service_tier for call in of_kind(reading, "calls")] == ["hyper"]
    assert [(notice.topic, notice.name.lower()) for notice in reading.notices] == [("tier", "hyper")]


@pytest.mark.parametrize(
    ("client", "release", "began", "model"),
    [
        ("codex_cli_rs", "0.31.0", "2025-09-08", "gpt-5"),
        ("codex_cli_rs", "0.34.0", "2025-09-11", "gpt-5"),
        ("", "", "2025-09-11", "gpt-5"),
        ("codex_vscode", "0.38.0", "2025-09-20", "gpt-5"),
        # An old program that is still in use.
        ("codex_cli_rs", "0.34.0", "2026-01-05", "gpt-5"),
        ("codex_exec", "0.42.0", "2025-10-02", ""),
        ("codex_cli_rs", "0.155.0", "2026-11-20", ""),
        ("Codex Desktop", "", "2026-02-01", ""),
        # A build from source says nothing of its release.
        ("codex_cli_rs", "0.0.0", "2026-02-01", ""),
        ("codex_cli_rs", "nonsense", "2026-02-01", ""),
        # Other programs keep threads as Codex does; what they ran is theirs to say.
        ("grok-build", "1.4.0", "2026-11-11", ""),
        ("grok-build", "0.2.0", "2026-11-11", ""),
        ("some-agent", "0.2.0", "2025-09-11", ""),
    ],
)
def test_only_the_first_releases_ran_a_model_that_nobody_named(
    client: str, release: str, began: str, model: str
) -> None:
    """`turn_context` names the model since 0.36; a thread that names none since then ran one that is not known."""
    at = to_us(datetime.fromisoformat(f"{began}T10:00:00+00:00"))
    assert model_of(State(client=client, release=release, began=at), at) == model
    assert model_of(State(client=client, release=release), at) == model
    assert model_of(State(client=client, release=release, model="gpt-5.1"), at) == "gpt-5.1"


def test_a_model_that_nobody_named_is_noticed(read: Read) -> None:
    """The call has no model, and the program that named none is said; of the first releases it is known."""
    row = count(dict(SPENT), dict(SPENT))
    reading = read(meta(originator="grok-build", cli_version="1.4.0", model_provider=None), row)
    (call,) = of_kind(reading, "calls")
    assert (call.model, call.provider, call.session_id) == ("", "", THREAD)
    assert [(notice.topic, notice.name) for notice in reading.notices] == [
        ("model", "no model named by grok-build 1.4.0")
    ]
    name = f"rollout-2025-09-11T10-00-00-{EARLY}.jsonl"
    early = read(meta(id=EARLY, cli_version="0.34.0", model_provider=None), row, name=name)
    (call,) = of_kind(early, "calls")
    assert (call.model, call.provider, early.notices) == ("gpt-5", "openai", [])
    alone = read(row)
    assert [(call.model, call.provider) for call in of_kind(alone, "calls")] == [("", "openai")]


@pytest.mark.parametrize("place", ["record", "count", "info", "meta"])
def test_a_model_beside_the_usage_is_read(read: Read, place: str) -> None:
    """Wherever a row names its model, that one ran; the header's holds for all that name none."""
    row = usage_record("r", SPENT) if place == "record" else count(dict(SPENT), dict(SPENT))
    spot = {"info": row["payload"].get("info"), "meta": {}}.get(place, row["payload"])
    spot["model"] = "grok-4"
    header = meta(originator="grok-build", model="grok-4") if place == "meta" else meta(originator="grok-build")
    reading = read(header, row)
    assert [call.model for call in of_kind(reading, "calls")] == ["grok-4"]
    assert not reading.notices


def test_every_record_carries_the_machine_and_the_account(read: Read, home: Path) -> None:
    """The host's name, and the account that is signed in; of that file nothing else is ever decoded."""
    home.mkdir()
    secret = {"id_token": "eyJ.secret", "access_token": "secret", "account_id": "acct-7"}
    (home / "auth.json").write_text(json.dumps({"OPENAI_API_KEY": "sk-secret", "tokens": secret}))
    limits = {"primary": {"used_percent": 1.0}}
    rows = (
        event("task_started", 1, turn_id="t"),
        item("function_call", 2, name="shell", arguments="{}", call_id="call_0123456789ab"),
        count(SPENT, SPENT, 3, limits),
    )
    records = read(meta(), *rows).records
    assert {type(record).kind for record in records} == {"calls", "runs", "tools", "samples"}
    assert {(record.machine, record.account, record.region) for record in records} == {(host(), "acct-7", "")}
    assert "secret" not in repr(records)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"tokens":null}', '{"tokens":{"account_id":5}}', '{"tokens":{}}', '"' + "x" * (2 << 20) + '"'],
)
def test_an_account_that_is_not_said_is_unknown(read: Read, home: Path, text: str) -> None:
    """Broken, empty or far too large: no account, and nothing else goes wrong."""
    home.mkdir()
    (home / "auth.json").write_text(text)
    reading = read(meta(), count(SPENT, SPENT))
    assert [record.account for record in reading.records] == [""]
    assert not reading.refusals


def test_a_pipe_in_place_of_a_file_is_not_waited_for(read: Read, home: Path) -> None:
    """Only regular files are opened."""
    home.mkdir()
    for name in ("auth.json", "config.toml"):
        os.mkfifo(home / name)
    assert [record.account for record in read(meta(), count(SPENT, SPENT)).records] == [""]
