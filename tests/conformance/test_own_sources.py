"""Every source of ours brings examples of each of its generations, and they stand whatever the world does to them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tokometer.conformance.checks import Case, cases
from tokometer.sources.registry import SOURCES

ROOT = Path(__file__).resolve().parents[2]
#: Their requests have encodings and examples of their own: tests/unit/sources/otlp.
ELSEWHERE = {"otlp"}
OWN = sorted(path.parent.name for path in (ROOT / "src/tokometer/sources").glob("*/source.py"))


def own_cases() -> list[Case]:
    """Every check of every example of every source of ours."""
    found = []
    for name in OWN:
        if (ROOT / f"tests/generators/sources/{name}.py").exists():
            found += cases(SOURCES[name], import_module(f"generators.sources.{name}").EXAMPLES)
    return found


@pytest.mark.parametrize("case", own_cases(), ids=lambda case: case.name)
def test_it_stands(case: Case, tmp_path: Path) -> None:
    """Whatever happens to what a tool leaves, sends or answers, the totals are right."""
    case.run(tmp_path)


@pytest.mark.parametrize("name", [name for name in OWN if name not in ELSEWHERE])
def test_a_source_is_one_package_one_generator_and_one_page(name: str) -> None:
    """Each source has examples for every way in that it declares, and a page that says how to set it up."""
    from tokometer.conformance import Answers, Files, Requests

    source = SOURCES[name]
    examples = import_module(f"generators.sources.{name}").EXAMPLES
    kinds = {type(example) for example in examples}
    declared = {Files: source.found, Requests: source.pushed, Answers: source.polled}
    assert kinds == {kind for kind, way in declared.items() if way}
    page = ROOT / f"docs/how-to/sources/{name.replace('_', '-')}.md"
    assert page.read_text(encoding="utf-8").startswith("# ")
