"""What the pages of sources say to copy can be copied, and does what they say."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any, cast

import click
import pytest

from tokometer.cli.app import tokometer
from tokometer.collect.changes import look
from tokometer.collect.whose import whose
from tokometer.conformance import Files
from tokometer.host.toml import parse
from tokometer.settings.file import settings_of
from tokometer.sources.protocol import Sent
from tokometer.sources.registry import FILE_SOURCES, SOURCES

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted((DOCS / "how-to/sources").glob("*.md"))
ALL = sorted([*DOCS.rglob("*.md"), DOCS.parent / "README.md"])
#: Blocks of code, between fences or indented.
_BLOCK = re.compile(r"^```\w*\n(.*?)^```|((?:^(?:    [^\n]*)?\n)+)", re.MULTILINE | re.DOTALL)
_TARGET = re.compile(r"^\[\[\w+\]\]")
_SENT = re.compile(r"127\.0\.0\.1:7420(/\S+)[^\n]*?-d '(\{.*?\})'", re.DOTALL)
_NAMED = re.compile(r"\$([A-Z][A-Z0-9_]+)")
#: What systems say, not tools: where programs of all kinds keep things.
_SYSTEM = {"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"}


def text_of(page: Path) -> str:
    """A page."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[str]:
    """The code of a page, a piece for each block, without its indentation."""
    found = ((one[1] or dedent(one[2] or "")).strip("\n") for one in _BLOCK.finditer(f"{text_of(page)}\n"))
    return [one for one in found if one]


def commands(page: Path) -> Iterator[list[str]]:
    """Our commands on a page, as a shell takes them apart."""
    for line in "\n".join(blocks(page)).replace("\\\n", " ").splitlines():
        for part in line.partition("#")[0].split("|"):
            words = re.sub(r"^\s*(?:[A-Z_]+=\S+ )*(?:\$ )?(?:\.venv/bin/)?", "", part)
            if words.startswith("tokometer ") and "=" not in words.split()[1]:
                yield shlex.split(words.partition("<")[0].removesuffix(" >"))[1:]


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.relative_to(DOCS.parent).as_posix())
def test_commands(page: Path) -> None:
    """Every command that is to be copied exists, with every option that it is given."""
    context = click.Context(tokometer)
    for name, *words in commands(page):
        command = tokometer.get_command(context, name)
        assert command is not None, f"tokometer {name}"
        if isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words[0]]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word.partition("=")[0] for word in words if re.match(r"--[a-z]|-[a-z]$", word)} <= known, (name, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings(page: Path) -> None:
    """Every piece of settings can stand in `tokometer.toml`, and names a source that is asked."""
    pieces = (piece for block in blocks(page) for piece in re.split(r"\n{2,}", block))
    found = [piece for piece in pieces if _TARGET.match(piece) and "[[table]]" not in piece]
    for block in found:
        settings = settings_of(Path("tokometer.toml"), parse(block))
        for target in settings.targets:
            assert SOURCES[target.source].polled is not None
    assert len(found) >= len(re.findall(r"^\s*\[\[target\]\]", text_of(page), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_bodies(page: Path) -> None:
    """Every body that is posted by hand is taken where it is posted to."""
    for path, body in _SENT.findall(text_of(page)):
        push = next(one for source in SOURCES.values() for one in source.pushed if one.path == path)
        received = push.read(json.dumps(json.loads(body)).encode(), Sent("application/json"))
        assert received.records
        assert not received.refusals
        assert not received.notices


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_other_settings(page: Path) -> None:
    """What stands in the settings of other tools is the JSON that they want."""
    for block in blocks(page):
        if block.startswith("{"):
            assert json.loads(block)


def imports(page: Path) -> list[tuple[str, str]]:
    """The files and folders that a page imports, each with the source that it names, if any."""
    found = []
    for name, *words in commands(page):
        if name == "import" and words:
            source = words[words.index("--source") + 1] if "--source" in words else ""
            found += [(source, word) for word in words if not word.startswith("-") and word != source]
    return found


#: Pages of sources that leave files, with all that they import. Parquet is written by our own export: test_tables.
IMPORTED = [
    (page.stem.replace("-", "_"), source, path)
    for page in PAGES
    if page.stem.replace("-", "_") in FILE_SOURCES
    for source, path in imports(page)
    if not path.endswith(".parquet")
]


def placed(path: str, example: Files, folder: Path) -> Path | None:
    """An example of what a tool leaves, where the page has it: by its name, else of its kind; None if it has none."""
    left, wanted = folder / "left", folder / "there" / path.removeprefix("~/").lstrip("/")
    left.mkdir(parents=True)
    for step in example.steps:
        step(left)
    tail = Path(path).parts
    files = sorted(left.rglob("*"), key=lambda one: (len(one.parts), one))
    alike = [one for length in range(len(tail), 0, -1) for one in files if one.parts[-length:] == tail[-length:]]
    alike += [one for one in files if Path(path).suffix and one.suffix == Path(path).suffix]
    if not alike:
        return None
    wanted.parent.mkdir(parents=True)
    (shutil.copytree if alike[0].is_dir() else shutil.copy2)(alike[0], wanted)
    return wanted


@pytest.mark.parametrize(("name", "source", "path"), IMPORTED, ids=[f"{name}-{path}" for name, _, path in IMPORTED])
def test_imports(name: str, source: str, path: str, tmp_path: Path) -> None:
    """What a page imports is found where it says, as what it says, and read."""
    records = 0
    for at, example in enumerate(import_module(f"generators.sources.{name}").EXAMPLES):
        if not isinstance(example, Files) or (here := placed(path, example, tmp_path / str(at))) is None:
            continue
        asked = {source: FILE_SOURCES[source]} if source else FILE_SOURCES
        for job in look(asked, whose(asked, [here]), {}).jobs:
            assert job.source == name
            reading = FILE_SOURCES[name].read(job.file, b"")
            assert not reading.refusals
            records += len(reading.records)
    assert records


def test_imports_are_on_the_pages() -> None:
    """Every source that leaves files has a page that says how to import what lies elsewhere; tables have a command."""
    assert set(FILE_SOURCES) - {name for name, _, _ in IMPORTED} == {"table"}


class Asked(dict[str, str]):
    """An environment that knows which variables were looked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        """Nothing, noted."""
        self.names.add(name)
        return default

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return False


@pytest.mark.parametrize("name", FILE_SOURCES)
def test_variables(name: str, tmp_path: Path) -> None:
    """The environment variables that say where a tool's files are stand on its page, and those of its page are read."""
    env = Asked()
    assert FILE_SOURCES[name].roots(tmp_path, env) is not None
    page = text_of(DOCS / f"how-to/sources/{name.replace('_', '-')}.md")
    told = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", page))
    assert env.names - _SYSTEM <= told
    where = "".join(re.findall(r"^\|[^|]*where[^|]*\|.*$", page, re.MULTILINE))
    assert set(_NAMED.findall(where)) <= env.names


def test_addresses() -> None:
    """Every address of ours that is to be copied is one that the server has."""
    from fastapi import FastAPI
    from starlette.routing import Match

    from tokometer.server.app import create_app

    app: FastAPI = create_app(cast("Any", None))

    def there(path: str) -> bool:
        scope = {"type": "http", "path": path, "method": "GET", "headers": []}
        return any(route.matches(scope)[0] is not Match.NONE for route in app.routes)

    assert not there("/api/nothing")
    found = {path for page in ALL for path in re.findall(r"127\.0\.0\.1:7420(/[^\s\"'`?)]+)", text_of(page))}
    assert [path for path in found if not there(path.rstrip(".,"))] == []
