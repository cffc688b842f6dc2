"""A real browser and real servers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from servers.once import once
from servers.whole import Running, fill, running

#: Chromium without what shows it on a screen (the same engine, at a fifth less), else the whole.
_SMALLER, _WHOLE = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"
CHROMIUM = _SMALLER if Path(_SMALLER).exists() else _WHOLE
# What is expected comes as soon as it can; on a machine that does much else that takes longer than usual.
expect.set_options(timeout=15_000)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; tests that need it are skipped where it is not installed.

    Gone after each module: Playwright runs an event loop and a process, which other tests of the worker would meet.
    """
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 100 days of generated records."""
    return once(tmp_path_factory, "filled", partial(fill, days=100, calls=40_000))


@pytest.fixture(scope="session")
def still(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with generated records, to which nothing is added."""
    with running(filled, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def demo(filled: Path, tmp_path: Path) -> Iterator[Running]:
    """The demo, which goes on by itself."""
    shutil.copytree(filled, tmp_path / "data", ignore=shutil.ignore_patterns("server.*"))
    with running(tmp_path / "data", tmp_path / "home", demo=True) as server:
        yield server


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Running]:
    """A server with nothing in it."""
    with running(tmp_path / "data", tmp_path / "home", discover=True) as server:
        yield server


Opener = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Opener]:
    """Opens a page at an address; at the end nothing may have gone wrong in any of them."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def visit(
        url: str,
        *,
        width: int = 1440,
        height: int = 900,
        scheme: str = "light",
        patient: bool = False,
        routes: Mapping[str, Callable[..., object]] = MappingProxyType({}),
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            timezone_id="Europe/Berlin",
            locale="en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        # A page that outlives its server is told so by the browser; that is no mistake of the page.
        if not patient:
            page.on(
                "console", lambda said: problems.append(f"{said.type}: {said.text}") if said.type != "info" else None
            )
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        # Before the page has begun: what it asks for while the browser begins to intercept would pass by.
        for pattern, handler in routes.items():
            page.route(pattern, partial(handler))
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """Finds what keeps people from using a page: each problem by rule and element, none if all is well.

    With names of rules, only by those.

    axe is evaluated by the test, not loaded by the page: the page's security policy stays as it is.
    """
    tool = [sys.executable, str(Path(__file__).parents[2] / "tools" / "javascript.py"), "axe-core"]
    found = subprocess.run(tool, capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 0, found.stderr
    script = (Path(found.stdout.strip()) / "axe.min.js").read_text(encoding="utf-8")

    def problems(page: Page, *rules: str) -> list[str]:
        page.evaluate(script)
        # What is well is only counted, not told of node by node.
        options = {"resultTypes": ["violations"]} | ({"runOnly": [*rules]} if rules else {})
        violations = page.evaluate("(options) => axe.run(options).then((all) => all.violations)", options)
        return [f"{v['id']}: {node['target']} {node['html'][:120]}" for v in violations for node in v["nodes"]]

    return problems
