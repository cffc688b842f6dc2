"""No secret is kept, logged or answered, whichever text it comes in and whoever sends it.

Every text field of every kind of record, every attribute of a span, every place of a line of either coding agent, with
the examples of the rules: afterwards they are looked for in the files of the ledger, in every column of every table, in
what the server logged and in everything that it answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import duckdb
import pytest

from faults.budget import Budget
from faults.everything import addresses
from faults.test_hostile_values import claude_samples, codex_samples
from generators.examples import LONG
from generators.mutations import places
from generators.otlp_spans import as_json, span
from generators.own_records import least
from servers.whole import CACHE, Answer, Running, running
from tokometer.records.fields import FIELDS
from tokometer.records.redaction import RULES
from tokometer.records.redaction.rule import made
from tokometer.sources.otlp.attributes import ATTRIBUTES

_WIDTH: Final = 10
_LINES: Final = {"Content-Type": "application/x-ndjson"}
#: Those that a name or an id may hold; free text is masked by the same rules, and one more.
EVERYWHERE: Final = tuple(rule for rule in RULES if not rule.prose)


def windows() -> set[str]:
    """Ten characters in a row, from wherever in the examples; nothing else has them."""
    bodies = [made("{b92}"), made("{u92}"), made("{h64}")]
    # In small letters: a name that was made one of ours (a provider's, a tier's) may have been folded.
    return {body[at : at + _WIDTH].lower() for body in bodies for at in range(len(body) - _WIDTH)}


class Looked:
    """Where secrets were found, and everything that was answered."""

    def __init__(self) -> None:
        self._windows = windows()
        self.found: list[str] = []

    def look(self, where: str, text: str) -> None:
        """Look for secrets in a text."""
        text = text.lower()
        for window in self._windows:
            if window in text:
                at = text.index(window)
                self.found.append(f"{where}: {text[max(0, at - 80) : at + 40]!r}")
                return

    def answer(self, where: str, reply: Answer) -> Answer:
        """Look for secrets in a reply."""
        self.look(f"{where} answered {reply.status}", reply.body.decode("utf-8", "replace"))
        return reply

    def folder(self, data: Path) -> None:
        """Look into every file of a closed data folder, byte by byte and row by row; it is for its user alone."""
        loose = [path.name for path in (data, *data.rglob("*")) if path.stat().st_mode & 0o077]
        assert not loose
        for path in data.rglob("*"):
            if path.is_file():
                self.look(path.name, path.read_bytes().decode("latin-1"))
        for path in (CACHE / "tokometer").glob("prices*"):
            self.look(path.name, path.read_bytes().decode("latin-1"))
        with duckdb.connect(str(data / "ledger.duckdb"), read_only=True) as connection:
            for (table,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
                rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
                for row in rows:
                    self.look(table, repr(row))


@contextmanager
def looked_at(
    folder: Path, capfd: pytest.CaptureFixture[str], turn: int, *, discover: bool = False
) -> Iterator[tuple[Running, Looked]]:
    """A server on an empty folder; what it kept and said is looked at once it has ended.

    Every page, panel and endpoint in the long form; in `make test` every third, which of them is this test's `turn`.
    """
    looked = Looked()
    with running(folder / "data", folder / "home", discover=discover) as server:
        yield server, looked
        for address in ("/api/refused?limit=1000", "/api/notices?limit=1000", "/sources", "/metrics", "/readyz"):
            looked.answer(address, server.get(address))
        token = json.loads((server.data / "server.json").read_text())["token"]
        looked.answer("doctor", server.get("/api/control/doctor", {"Authorization": f"Bearer {token}"}))
        every = [*addresses(["acme"], ["m"])]
        for address in every if LONG else every[turn::3]:
            looked.answer(address, server.get(address))
        assert server.stop() == 0
    out = capfd.readouterr()
    looked.look("the log", out.out + out.err)
    looked.folder(folder / "data")
    assert not looked.found, "\n".join(looked.found[:40])


def texts(kind: str) -> list[str]:
    """The fields of a kind that take text, labels and lists of text."""
    taken = ("text", "text;", "object", "list of text")
    return [field.name for field in FIELDS[kind] if field.type.words.startswith(taken)]


def with_secret(kind: str, name: str, number: int, secret: str) -> dict[str, Any]:
    """A record with a secret in one field."""
    given = least(kind, number)
    words = next(field.type.words for field in FIELDS[kind] if field.name == name)
    if words.startswith("object of numbers"):
        return {**given, name: {secret: 1}}
    if words.startswith("object"):
        return {**given, name: {secret: "x", f"of {number}": secret, "deep": {"er": secret}}}
    return {**given, name: [secret, "b"] if words.startswith("list") else secret}


def test_our_own_records(tmp_path: Path, capfd: pytest.CaptureFixture[str], budget: Budget) -> None:
    """Whatever holds it is kept without it; where that leaves something that cannot be, it is refused without it."""
    rules = cycle(EVERYWHERE)
    with looked_at(tmp_path, capfd, 0) as (server, looked):
        for kind in FIELDS:
            lines: list[dict[str, Any]] = []
            for name in texts(kind):
                for _ in range(budget.of(8, len(EVERYWHERE))):
                    lines.append(with_secret(kind, name, len(lines), "".join(next(rules).example)))
            for rule in EVERYWHERE:
                # As the name of a field that is not known, and beside others as JSON that is none.
                lines.append({**least(kind, len(lines)), "".join(rule.example): 1})
            body = b"\n".join(json.dumps(line).encode() for line in lines)
            for _ in range(2):
                # Sent again it is the same, or corrects itself: nothing is there twice.
                reply = looked.answer(kind, server.post(f"/api/records/{kind}", body, _LINES))
                assert reply.status == 200
            said = reply.json()
            assert said["accepted"] == 0, said
        noticed = server.get("/api/notices?limit=1000").json()["notices"]
        assert sum(one["count"] for one in noticed if one["topic"] == "secret") > len(FIELDS)


def test_spans(tmp_path: Path, capfd: pytest.CaptureFixture[str], budget: Budget) -> None:
    """In attributes that we read and in those that we do not, in names of them, of spans and of what went wrong."""
    rules = cycle(EVERYWHERE)
    with looked_at(tmp_path, capfd, 1) as (server, looked):
        least_said = {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 7}
        names = [*ATTRIBUTES, "unknown.thing", "metadata", "langfuse.trace.tags", "ai.telemetry.metadata.x"]
        spans = []
        for name in names:
            spans += [
                span(attributes={**least_said, name: "".join(next(rules).example)}) for _ in range(budget.of(1, 12))
            ]
        for rule in EVERYWHERE:
            secret = "".join(rule.example)
            spans.append(span(secret, {**least_said, f"gen_ai.usage.{secret}": 3, f"langfuse.metadata.{secret}": "v"}))
            spans.append(
                span(attributes={**least_said, "gen_ai.operation.name": secret}, status={"code": 2, "message": secret})
            )
        for at in range(0, len(spans), 200):
            reply = looked.answer("spans", server.post("/v1/traces", as_json(*spans[at : at + 200])))
            assert reply.status == 200


def lines_with_secrets(samples: list[dict[str, Any]], each: int) -> Iterator[bytes]:
    """Every place of every line with secrets."""
    rules = cycle(EVERYWHERE)
    for sample in samples:
        for at in range(len(places(sample))):
            for _ in range(each):
                changed = json.loads(json.dumps(sample))
                holder, key = places(changed)[at]
                holder[key] = "".join(next(rules).example)
                yield json.dumps(changed).encode()


def test_lines_of_transcripts(tmp_path: Path, capfd: pytest.CaptureFixture[str], budget: Budget) -> None:
    """Also in what is remembered of a file until it grows, and in what its folder is called."""
    claude, codex = tmp_path / "home/.claude/projects/-w", tmp_path / "home/.codex/sessions/2026/03/02"
    # A folder can be called anything, too; what is read of it is not read again.
    called = tmp_path / "home/.claude/projects" / f"-w-{made('ghp_{b40}')}"
    for folder in (claude, codex, called):
        folder.mkdir(parents=True)
    (called / "s9.jsonl").write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in claude_samples()))
    thread = "019caf00-0000-7000-8000-000000000000"
    files = (
        (claude / "s0.jsonl", list(lines_with_secrets(claude_samples(), budget.of(2, 20)))),
        (
            codex / f"rollout-2026-03-02T09-00-00-{thread}.jsonl",
            list(lines_with_secrets(codex_samples(), budget.of(2, 20))),
        ),
    )
    with looked_at(tmp_path, capfd, 2, discover=True) as (server, looked):
        token = json.loads((server.data / "server.json").read_text())["token"]
        for half in (0, 1):
            for path, lines in files:
                middle = len(lines) // 2
                with path.open("ab") as file:
                    file.writelines(line + b"\n" for line in (lines[middle:] if half else lines[:middle]))
            reply = server.post("/api/control/import", {}, {"Authorization": f"Bearer {token}"})
            assert looked.answer("import", reply).status == 200
        again = server.post("/api/control/import", {}, {"Authorization": f"Bearer {token}"})
        assert looked.answer("import", again).status == 200


def test_questions(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What is asked wrongly is answered without repeating it."""
    with looked_at(tmp_path, capfd, 0) as (server, looked):
        for rule in EVERYWHERE:
            secret = "".join(rule.example)
            looked.answer("kind", server.post(f"/api/records/{quote(secret, safe='')}", {}))
            looked.answer("path", server.get(f"/api/{quote(secret, safe='')}"))
            looked.answer("range", server.get(f"/api/panels/usage-cost?range={quote(secret, safe='')}"))
            looked.answer("limit", server.get(f"/api/refused?limit={quote(secret, safe='')}"))
            for question in (
                {"measures": [secret]},
                {"measures": ["calls.requests"], "by": [secret]},
                {"measures": ["calls.requests"], "where": [secret]},
                {"measures": ["calls.requests"], "where": [f"calls.cost = {secret}"]},
                {"measures": ["calls.requests"], "tz": secret},
                {"measures": ["calls.requests"], "since": secret},
                {secret: secret},
            ):
                looked.answer("question", server.post("/api/query", question))
            looked.answer("body", server.post("/api/calls", f"{{{secret}".encode()))
            looked.answer("spans", server.post("/v1/traces", f"{{{secret}".encode()))
