"""`[[webhook]]` is read, and every mistake in it is told by its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tokometer.settings import SettingsError
from tokometer.settings.file import settings_of


def read(*webhooks: Any) -> Any:
    """The webhooks of a file."""
    return settings_of(Path("tokometer.toml"), {"webhook": list(webhooks)}).webhooks


def test_a_webhook() -> None:
    """Paths, constants and labels are kept as they were written."""
    (webhook,) = read(
        {"name": "edge", "each": "rows", "fields": {"id": "uid", "cost_usd": "cents / 100"}, "constants": {"team": "a"}}
    )
    assert (webhook.name, webhook.kind, webhook.each) == ("edge", "calls", "rows")
    assert webhook.fields == (("id", "uid"), ("cost_usd", "cents / 100"))
    assert webhook.constants == (("team", "a"),)


@pytest.mark.parametrize(
    ("webhook", "key", "reason"),
    [
        ({}, "webhook[1].name", "is missing"),
        ({"name": "a b"}, "webhook[1].name", "small letters"),
        ({"name": "a", "kind": "cals"}, "webhook[1].kind", "has to be one of"),
        ({"name": "a", "fields": {"modell": "m"}}, "webhook[1].fields.modell", "did you mean model?"),
        ({"name": "a", "fields": {"model": "m * x"}}, "webhook[1].fields.model", "has to be a path"),
        ({"name": "a", "usage": "u / 2"}, "webhook[1].usage", "has to be a path"),
        ({"name": "a", "kind": "jobs", "usage": "u"}, "webhook[1].usage", "is of calls alone"),
        ({"name": "a", "labels": {"x": 5}}, "webhook[1].labels.x", "text in quotes"),
        ({"name": "a", "surprise": 1}, "webhook[1].surprise", "is not known"),
    ],
)
def test_mistakes(webhook: dict[str, Any], key: str, reason: str) -> None:
    """A mistake names its key, and what would be right."""
    with pytest.raises(SettingsError) as caught:
        read(webhook)
    assert caught.value.key == key
    assert reason in str(caught.value)


def test_one_name_once() -> None:
    """Two entries of one name contradict each other."""
    with pytest.raises(SettingsError) as caught:
        read({"name": "a"}, {"name": "a"})
    assert caught.value.key == "webhook[2].name"
    with pytest.raises(SettingsError):
        settings_of(Path("tokometer.toml"), {"webhook": {"name": "a"}})
