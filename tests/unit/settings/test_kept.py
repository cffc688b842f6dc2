"""Settings that follow their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.settings import KeptSettings, Settings, SettingsError


def write(path: Path, text: str) -> None:
    """The file with another text, and surely another stamp."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def test_a_changed_file_holds_from_then_on(tmp_path: Path) -> None:
    """One that appears, one that changes and one that goes."""
    path = tmp_path / "tokometer.toml"
    used: list[Settings] = []
    kept = KeptSettings(path, used.append)
    assert kept.current() == Settings()
    assert not kept.exists
    write(path, "[breaker]\nfailures = 5\n")
    assert kept.current().breaker.failures == 5
    assert kept.current() is kept.current()
    write(path, "[breaker]\nfailures = 6\n")
    assert kept.current().breaker.failures == 6
    path.unlink()
    assert kept.current() == Settings()
    assert [one.breaker.failures for one in used] == [10, 5, 6, 10]
    assert kept.started_with == Settings()


def test_a_mistake_changes_nothing(tmp_path: Path) -> None:
    """What was settled stays, the mistake is told, and its mending is noticed."""
    path = tmp_path / "tokometer.toml"
    write(path, "[breaker]\nfailures = 5\n")
    kept = KeptSettings(path)
    read_at = kept.read_at
    write(path, "[breaker]\nfailures = 'x'\n")
    assert kept.current().breaker.failures == 5
    assert kept.error is not None
    assert kept.error.key == "breaker.failures"
    assert kept.read_at == read_at
    write(path, "[breaker]\nfailures = 7\n")
    assert kept.current().breaker.failures == 7
    assert kept.error is None
    assert kept.read_at > read_at


def test_what_cannot_be_taken_into_use_changes_nothing(tmp_path: Path) -> None:
    """Rules that name what there is not are a mistake of the file, too."""
    path = tmp_path / "tokometer.toml"

    def use(settings: Settings) -> None:
        if settings.breaker.failures == 6:
            raise SettingsError(path, "breaker.failures", "not six")

    kept = KeptSettings(path, use)
    write(path, "[breaker]\nfailures = 6\n")
    assert kept.current() == Settings()
    assert str(kept.error) == f"{path}: breaker.failures: not six"


def test_nothing_starts_with_a_mistake(tmp_path: Path) -> None:
    """At the start there are no settings to stay with."""
    path = tmp_path / "tokometer.toml"
    write(path, "[breaker")
    with pytest.raises(SettingsError):
        KeptSettings(path)
