"""Every source of ours brings examples of each of its generations, and they stand whatever the world does to them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from generators.examples import LONG
from tokometer.conformance.checks import Case, cases
from tokometer.sources.registry import SOURCES

ROOT = Path(__file__).resolve().parents[2]
#: Their requests have encodings and examples of their own: tests/unit/sources/otlp.
ELSEWHERE = {"otlp"}
OWN = sorted(path.parent.name for path in (ROOT / "src/tokometer/sources").glob("*/source.py"))


#: How many checks of an example are made in `make test` beside the first, which is that all of it counts.
BESIDE = 2


def own_cases() -> list[Case]:
    """Every check of every example of every source of ours; in `make test` the first, and of the others these or those.

    Which is the next ones' turn at the next example, so that a source and a form of files have them all, or most.
    """
    found: list[Case] = []
    turn = 0
    for name in OWN:
        if not (ROOT / f"tests/generators/sources/{name}.py").exists():
            continue
        for example in import_module(f"generators.sources.{name}").EXAMPLES:
            first, *others = cases(SOURCES[name], [example])
            if not LONG:
                others = [others[(turn + at) % len(others)] for at in range(min(BESIDE, len(others)))]
                turn += BESIDE
            found += [first, *others]
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
