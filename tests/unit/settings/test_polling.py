"""`[[target]]`: what is asked every so often, and what is said of mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.settings import Settings, SettingsError, read_settings
from tokometer.settings.sections import SECTIONS, example


def read(folder: Path, text: str) -> Settings:
    """The settings that a file with this text says."""
    path = folder / "tokometer.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def test_a_target_says_what_is_asked_and_how(tmp_path: Path) -> None:
    """Everything that can be said of a target."""
    settings = read(
        tmp_path,
        '[[target]]\nsource = "prometheus"\nurl = "http://gpu-1:8000/metrics"\nname = "gpu-1"\nevery = 15\n'
        'secret_env = "VLLM_KEY"\npaused = true\noptions = { timeout = 5, deep = true, auth = "basic" }\n'
        'labels = { rack = "7" }\n',
    )
    [target] = settings.targets
    assert (target.source, target.url, target.called, target.every) == (
        "prometheus",
        "http://gpu-1:8000/metrics",
        "gpu-1",
        15.0,
    )
    assert (target.secret_env, target.paused) == ("VLLM_KEY", True)
    assert dict(target.options) == {"timeout": "5", "deep": "true", "auth": "basic"}
    assert dict(target.labels) == {"rack": "7"}


def test_a_target_without_a_name_is_called_by_its_address(tmp_path: Path) -> None:
    """A name is for people with two at one address."""
    [target] = read(tmp_path, '[[target]]\nsource = "ollama"\nurl = "http://x:1"\n').targets
    assert target.called == "http://x:1"
    assert target.every is None


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ('source = "a"', "target[1].url", "missing"),
        ('source = "a"\nurl = "localhost:8000"', "", ""),
        ('source = "a"\nurl = "gpu-1"', "target[1].url", "http://"),
        ('source = "a"\nurl = "http://me:pw@x"', "target[1].url", "secret_env"),
        ('source = "a"\nurl = "postgresql://me:pw@x/db"', "target[1].url", "password"),
        ('source = "a"\nurl = "http://x"\nevery = 0', "target[1].every", "at least 1"),
        ('source = "a"\nurl = "http://x"\nsecret = 5', "target[1].secret", "text"),
        ('source = "a"\nurl = "http://x"\nsecret = "s"\nsecret_env = "S"', "target[1].secret_env", "too many"),
        ('source = "a"\nurl = "http://x"\npaused = "no"', "target[1].paused", "true or false"),
        ('source = "a"\nurl = "http://x"\noptions = { a = [1] }', "target[1].options.a", "text"),
        ('source = "a"\nurl = "http://x"\nevry = 5', "target[1].evry", "did you mean every"),
        ('source = "a"\nurl = "http://x"\n[[target]]\nsource = "a"\nurl = "http://x"', "target[2]", "target[1]"),
    ],
)
def test_a_mistake_is_told_with_its_key(tmp_path: Path, text: str, key: str, reason: str) -> None:
    """What cannot be a target says which key is wrong and what would be right."""
    if not key:
        # `localhost` is read as the kind of address, which its source will not know.
        assert read(tmp_path, f"[[target]]\n{text}\n").targets
        return
    with pytest.raises(SettingsError) as found:
        read(tmp_path, f"[[target]]\n{text}\n")
    assert found.value.key == key
    assert reason in found.value.reason


def test_a_secret_is_shown_nowhere(tmp_path: Path) -> None:
    """Neither the value as Python shows it nor the section as the page does has the secret."""
    secret = "s3cr" + "et-of-a-test"
    settings = read(tmp_path, f'[[target]]\nsource = "a"\nurl = "http://x"\nsecret = "{secret}"\n')
    section = next(one for one in SECTIONS if one.name == "target")
    assert secret not in repr(settings)
    assert secret not in section.toml(settings)
    with pytest.raises(SettingsError) as found:
        read(tmp_path, f'[[target]]\nsource = "a"\nurl = "http://x"\nsecret = ["{secret}"]\n')
    assert secret not in str(found.value)


def test_the_example_can_be_read(tmp_path: Path) -> None:
    """What the reference shows is a file that can be used."""
    assert read(tmp_path, example()).targets
