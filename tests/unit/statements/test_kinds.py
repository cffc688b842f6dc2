"""Every kind of account, and how they are found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tokometer import statements
from tokometer.records.providers import PROVIDERS
from tokometer.statements import KINDS, kind_named, registry

_NEW = '''"""A kind that somebody adds."""

from tokometer.statements.protocol import AccountKind

KIND = AccountKind(name="acme", title="Acme", about="All of it.", provider="acme", check=lambda asked: {})
'''


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_declares_what_people_have_to_know(name: str) -> None:
    """Each says what comes of it, what its key is and where it is made, and whether it has a balance."""
    kind = kind_named(name)
    assert kind.name == name
    assert kind.title
    assert kind.about.endswith(".")
    assert bool(kind.balance) or kind.no_balance.endswith(".")
    assert kind.provider == "" or kind.provider in PROVIDERS or kind.provider in ("cursor", "siliconflow", "litellm")
    if kind.key is not None and kind.key.needed:
        assert kind.key.example
        assert kind.key.help.endswith(".")
    assert len({report.name for report in kind.reports}) == len(kind.reports)
    assert {*kind.beside} <= {option.name for option in kind.options}


def test_a_kind_is_added_by_one_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a `kind.py` is a kind; nothing else has to name it."""
    package = tmp_path / "acme"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "kind.py").write_text(_NEW, encoding="utf-8")
    monkeypatch.setattr(registry, "_HERE", tmp_path)
    monkeypatch.setattr(statements, "__path__", [str(tmp_path), *statements.__path__])
    registry._kinds.cache_clear()
    try:
        assert [*KINDS] == ["acme"]
        assert kind_named("acme").title == "Acme"
    finally:
        monkeypatch.undo()
        registry._kinds.cache_clear()
        sys.modules.pop("tokometer.statements.acme.kind", None)
        sys.modules.pop("tokometer.statements.acme", None)
