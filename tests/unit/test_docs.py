"""Everything that people can use is documented, and the documentation leads somewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import click
import pytest

from tokometer.cli.app import COMMANDS, tokometer
from tokometer.judgement.budgets import limit_of
from tokometer.measures import CUBES, Query, dimension_named, rules
from tokometer.prices.overrides import read_overrides
from tokometer.records import KINDS
from tokometer.server.settled import unknown_refresh
from tokometer.settings import read_settings
from tokometer.sources import own
from tokometer.sources.registry import SOURCES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    """The text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def options(command: str) -> list[str]:
    """The options of a command."""
    found = tokometer.get_command(click.Context(tokometer), command)
    assert found is not None
    below = list(found.commands.values()) if isinstance(found, click.Group) else [found]
    parameters = [parameter for one in below for parameter in one.params]
    return [name for parameter in parameters if isinstance(parameter, click.Option) for name in parameter.opts]


def settings() -> set[str]:
    """Environment variables of ours that the code reads."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    return set(re.findall(r"\bTOKOMETER_[A-Z][A-Z_]*\b", code))


def endpoints() -> list[tuple[str, str]]:
    """Method and path of every endpoint that the server describes."""
    from tokometer.server.app import create_app

    paths = create_app(cast("Any", None)).openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def test_generated_pages_are_up_to_date() -> None:
    """What `make docs` would write stands there already, and no link between our pages is broken."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cube", CUBES)
def test_measures_and_dimensions(cube: str) -> None:
    """Every measure and dimension is on its page with a description."""
    text = page("reference/measures.md")
    for declared in [*CUBES[cube].measures.values(), *CUBES[cube].dimensions.values()]:
        assert f"| `{declared.name}` |" in text
        assert declared.description.endswith((".", "…", "?")), declared.name


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_and_options(command: str) -> None:
    """Every command and each of its options is on the commands' page."""
    _, _, section = page("reference/cli.md").partition(f"\n## {command}\n")
    section = section.partition("\n## ")[0]
    assert f"tokometer {command}" in section
    for option in options(command):
        assert f"`{option}`" in section, option


def test_settings() -> None:
    """Every environment variable of ours that the code reads is on the settings' page."""
    assert settings()
    assert not [name for name in settings() if f"`{name}`" not in page("reference/settings.md")]


def test_endpoints() -> None:
    """Every endpoint is on the API's page."""
    text = page("reference/api.md")
    assert endpoints()
    assert not [row for row in endpoints() if f"| {row[0]} | `{row[1]}` |" not in text]


def test_kinds_of_record() -> None:
    """Every kind of record that our API takes is on the records' page."""
    for kind in KINDS:
        assert f"\n## {kind}\n" in page("reference/records.md")


def test_sources() -> None:
    """Every source is in the reference, by name and title, with how to set it up."""
    text = page("reference/sources.md")
    for name, source in SOURCES.items():
        assert f"| `{name}` |" in text
        assert source.title in text
        assert name == "otlp" or f"(../how-to/sources/{name.replace('_', '-')}.md)" in text


def test_dependencies() -> None:
    """Every declared package has its row in the page of dependencies."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [
        project["project"]["dependencies"],
        project["dependency-groups"]["dev"],
        *project["project"]["optional-dependencies"].values(),
    ]
    rows = [line for line in page("dependencies.md").splitlines() if line.startswith("| ")]
    for requirement in (one for group in groups for one in group):
        name = re.split(r"[\[<>=!~; ]", requirement)[0]
        assert any(re.search(rf"(^\| |, ){re.escape(name)}[,| ]", row) for row in rows), name


def test_index_lists_every_page() -> None:
    """Every page can be reached from the index."""
    listed = set(re.findall(r"\]\(([\w./-]+\.md)", page("index.md")))
    # It lists those of the sources.
    assert "reference/sources.md" in listed
    listed |= set(re.findall(r"\]\(\.\./([\w./-]+\.md)", page("reference/sources.md")))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"index.md"}
    assert pages <= listed, pages - listed


def test_the_example_of_our_own_records_is_taken() -> None:
    """The request in the how-to is one that the server takes."""
    body = re.search(r"-d '(\{.*?\n    \})'", page("how-to/own-records.md"), re.DOTALL)
    assert body is not None
    found = own.read("calls", body[1].encode(), "application/json")
    assert (len(found.records), found.refusals) == (1, [])
    assert json.loads(body[1])["id"] == found.records[0].native_id


def test_the_example_of_prices_is_taken(tmp_path: Path) -> None:
    """The price files in the how-to are ones that we read."""
    text = page("how-to/prices.md")
    fenced = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    indented = re.findall(r"^    \[\[price\]\]\n(?:    .*\n|\n)+", text, re.MULTILINE)
    blocks = [*fenced, *(re.sub(r"(?m)^    ", "", block) for block in indented)]
    assert blocks
    for block in blocks:
        (tmp_path / "prices.toml").write_text(block)
        assert read_overrides(tmp_path / "prices.toml")


def test_the_examples_of_labels_are_taken(tmp_path: Path) -> None:
    """The settings in the how-to are ones that we read, and its questions can be asked."""
    text = page("how-to/labels.md")
    path = tmp_path / "tokometer.toml"
    path.write_text("\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)).replace("\n[labels]\n", "\n", 1))
    settings = read_settings(path)
    assert settings.labels.otlp
    assert settings.labels.rollup
    rules.use(settings.dimensions, path)
    try:
        names = re.findall(r"--by ([\w.]+)", text)
        assert [dimension_named(name).name for name in names] == names
        for where in re.findall(r"--where '([^']*)'", text):
            assert Query(measures=("calls.cost",), where=(where.replace("''", "'"),))  # type: ignore[arg-type]
    finally:
        rules.use((), path)


def test_the_examples_of_settings_are_taken(tmp_path: Path) -> None:
    """All of the how-to's settings are one file that we read, and it settles what the text says."""
    path = tmp_path / "tokometer.toml"
    path.write_text("\n".join(re.findall(r"```toml\n(.*?)```", page("how-to/settings.md"), re.DOTALL)))
    settled = read_settings(path)
    assert settled.slo_for(provider="openai", model="gpt-5").error_rate == 0.01
    assert settled.slo_for(provider="ollama", model="llama3").p95_latency_ms == 90_000
    assert limit_of(settled, "team", "research") == 600
    cards = [
        settled.rate_card_for(*asked) for asked in (("support", "gpt-5"), ("research", "gpt-5"), ("x", "gpt-5"), ())
    ]
    assert cards == [settled.rate_cards[at] for at in (3, 1, 2, 0)]
    assert getattr(settled.device_for("NVIDIA H100 80GB HBM3"), "peak_tflops", None) == 989.4
    assert not unknown_refresh(settled)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_that_want_something_have_an_example(command: str) -> None:
    """The help of a command that takes files, names or has to be told something shows it being called."""
    found = tokometer.get_command(click.Context(tokometer), command)
    assert found is not None
    wants = [one for one in found.params if one.required or isinstance(one, click.Argument)]
    assert not wants or re.search(rf"^ *(.*\")?tokometer {command}\b", found.help or "", re.MULTILINE)
