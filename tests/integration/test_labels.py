"""Labels and made dimensions, from what is sent to what is asked, through the real server and the real command."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

from generators.otlp_spans import protobuf, span
from servers import forked
from servers.whole import environment, running

COMMAND = Path(sys.executable).with_name("tokometer")
SETTINGS = """
[labels]
otlp = ["customer.id"]
rollup = ["customer", "customer.id"]

[dimension.product]
title = "Product"
default = "other"
[[dimension.product.rule]]
value = "search"
where = ["project contains search", "label.app = find"]
[[dimension.product.rule]]
value = "chat"
where = "label.tag.chat = true"
"""
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 1}


def calls() -> list[dict[str, object]]:
    """Calls as other software sends them."""
    common = {"model": "gpt-5", "at": time.time() - 60, "input_tokens": 10}
    return [
        {**common, "id": "1", "project": "web-search", "labels": {"app": "find", "customer": "acme", "seats": 5}},
        {**common, "id": "2", "metadata": {"customer": "acme", "plan": {"name": "gold"}}, "tags": ["chat", "beta"]},
        {
            **common,
            "id": "3",
            "metadata": {"customer": "Über AG", "messages": [{"role": "user"}]},
            "prompt": "never kept",
        },
        {**common, "id": "4"},
    ]


def test_from_the_wire_to_the_answer(tmp_path: Path) -> None:
    """Sent as labels, metadata, tags and attributes; asked for by page, API and command, while it runs and after."""
    data, home = tmp_path / "data", tmp_path / "home"
    data.mkdir()
    (data / "tokometer.toml").write_text(SETTINGS, encoding="utf-8")
    with running(data, home) as server:
        answer = server.post("/api/calls", calls())
        assert answer.json()["accepted"] == 4
        assert server.post("/api/calls", calls()).json()["duplicate"] == 4
        body = protobuf(span(attributes={**CHAT, "customer.id": 17, "langfuse.trace.tags": ["chat"]}))
        assert server.post("/v1/traces", body, {"Content-Type": "application/x-protobuf"}).status == 200

        def ask(by: str, *where: str) -> dict[str, int]:
            query = [
                ("measure", "calls.requests"),
                ("by", by),
                ("since", "all"),
                *(("where", given) for given in where),
            ]
            rows = server.get("/api/query?" + urlencode(query)).json()["rows"]
            return {row[by.removeprefix("calls.")]: row["requests"] for row in rows}

        assert ask("calls.label.customer") == {"acme": 2, "Über AG": 1, "": 2}
        assert ask("calls.label.plan.name") == {"gold": 1, "": 4}
        assert ask("calls.label.customer.id") == {"17": 1, "": 4}
        assert ask("calls.label.tags") == {"beta, chat": 1, "chat": 1, "": 3}
        assert ask("calls.label.customer", "calls.label.tag.chat = true") == {"acme": 1, "": 1}
        assert ask("calls.product") == {"search": 1, "chat": 2, "other": 2}
        assert ask("calls.product", "calls.product != other") == {"search": 1, "chat": 2}
        known = {label["key"]: label for label in server.get("/api/labels").json()["labels"]}
        assert known["customer"] == {
            "key": "customer",
            "dimension": "calls.label.customer",
            "values": 2,
            "rolled_up": True,
        }
        assert "messages" not in known
        assert known["seats"]["rolled_up"] is False
        cubes = server.get("/api/measures").json()["cubes"]
        assert "calls.product" in [one["name"] for cube in cubes for one in cube["dimensions"]]
        groups = {group["name"]: group for group in server.get("/api/filters?q=acme").json()}
        assert [value["value"] for value in groups["label.customer"]["values"]] == ["acme"]
        whole = server.get("/api/panels/totals?product=chat").status, server.get("/usage?product=chat&label.seats=5")
        assert "Product" in whole[1].text
        assert "label.seats" in whole[1].text
        command(home, data, "query", "--measure", "calls.requests", "--by", "calls.product", "--since", "all")
        assert server.stop() == 0
    told = command(
        home, data, "query", "--measure", "calls.requests", "--by", "calls.product", "--json", "--since", "all"
    )
    assert {row["product"]: row["requests"] for row in json.loads(told)["rows"]} == {"search": 1, "chat": 2, "other": 2}
    told = command(home, data, "query", "--measure", "calls.requests", "--by", "calls.label.customer", "--since", "all")
    assert "Über AG" in told
    assert "0" in command(home, data, "doctor", "--audit")


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """One line that names the file, the key and what would be right; a server does not start with them."""
    data, home = tmp_path / "data", tmp_path / "home"
    for folder in (data, home):
        folder.mkdir()
    file = data / "tokometer.toml"
    file.write_text('[dimension.product]\nrule = [{ value = "x", where = "calls.projct = y" }]\n', encoding="utf-8")
    words = f"{file}: dimension.product.rule[1].where[1]: there is no dimension 'calls.projct'; did you mean"
    for arguments in (("query", "--measure", "calls.cost"), ("serve", "--no-discover", "--port", "0")):
        assert words in command(home, data, *arguments, code=2)


def command(home: Path, data: Path, *arguments: str, code: int = 0) -> str:
    """What a command says."""
    done = forked.run(
        [COMMAND, *arguments, "--data", str(data)],
        env=environment(home),
        text=True,
        timeout=120,
    )
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    # What went wrong is said beside what is asked, as is the window.
    return done.stdout if code == 0 else done.stderr
