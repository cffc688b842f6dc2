"""Settings that follow their file."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
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


def test_nobody_gets_what_was_while_the_file_is_read(tmp_path: Path) -> None:
    """Whoever asks while a changed file is just taken into use waits for it."""
    path = tmp_path / "tokometer.toml"
    begun, go_on = threading.Event(), threading.Event()

    def use(settings: Settings) -> None:
        if settings.breaker.failures == 5:
            begun.set()
            assert go_on.wait(10)

    kept = KeptSettings(path, use)
    write(path, "[breaker]\nfailures = 5\n")
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept.current)
        assert begun.wait(10)
        second = threads.submit(kept.current)
        done, _ = wait([second], timeout=0.2)
        go_on.set()
        assert not done
        assert second.result(10).breaker.failures == first.result(10).breaker.failures == 5
