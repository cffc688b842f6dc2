"""Targets that were added on the page have a file of their own, in which no secret stands."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tokometer.host.secrets import SecretLost
from tokometer.settings import OwnTargets, SettingsError, TargetSettings

URL = "http://gpu-1:8000"
SECRET = "s3cr" + "et-of-a-test"
KEY = ("ollama", "gpu-1")


def target(url: str = URL, secret: str = "", **more: object) -> TargetSettings:
    """A target."""
    return TargetSettings(source="ollama", url=url, name="gpu-1", secret=secret, **more)  # type: ignore[arg-type]


def test_what_was_added_is_there_after_a_restart(tmp_path: Path) -> None:
    """With everything that was said of it."""
    OwnTargets(tmp_path).put(target(every=30.0, options=(("a", "b"),), labels=(("c", "d"),), secret_env="X"))
    [found] = OwnTargets(tmp_path).targets
    assert found == target(every=30.0, options=(("a", "b"),), labels=(("c", "d"),), secret_env="X")
    assert stat.S_IMODE((tmp_path / "targets.json").stat().st_mode) == 0o600


def test_a_secret_is_stored_sealed_and_found_again(tmp_path: Path) -> None:
    """The file does not hold it; who asks the target gets it."""
    OwnTargets(tmp_path).put(target(secret=SECRET))
    assert SECRET not in (tmp_path / "targets.json").read_text()
    own = OwnTargets(tmp_path)
    assert own.secret(own.targets[0]) == SECRET


def test_a_secret_stays_as_long_as_the_address_does(tmp_path: Path) -> None:
    """Whoever changes the pace need not type it again; whoever changes the address has to."""
    own = OwnTargets(tmp_path)
    own.put(target(secret=SECRET))
    own.put(target(every=5.0), KEY, keep_secret=True)
    assert own.secret(own.targets[0]) == SECRET
    own.put(target("http://elsewhere:1"), KEY, keep_secret=True)
    assert own.secret(own.targets[0]) == ""
    own.put(target(secret=SECRET), KEY)
    own.put(target(), KEY)
    assert own.secret(own.targets[0]) == ""


def test_a_secret_does_not_follow_an_address_that_was_changed_in_the_file(tmp_path: Path) -> None:
    """Whoever can write the file cannot have the secret sent to themselves."""
    OwnTargets(tmp_path).put(target(secret=SECRET))
    path = tmp_path / "targets.json"
    path.write_text(path.read_text().replace(URL, "http://evil:1"))
    own = OwnTargets(tmp_path)
    with pytest.raises(SecretLost):
        own.secret(own.targets[0])


def test_changes_removals_and_pauses_are_kept(tmp_path: Path) -> None:
    """Each is a new version, for whoever follows."""
    own = OwnTargets(tmp_path)
    own.put(target())
    own.pause(KEY, paused=True)
    own.pause(("prometheus", "of the file"), paused=True)
    assert OwnTargets(tmp_path).paused == {KEY, ("prometheus", "of the file")}
    own.pause(KEY, paused=False)
    assert own.remove(KEY)
    assert not own.remove(KEY)
    assert own.version == 5
    again = OwnTargets(tmp_path)
    assert (again.targets, again.paused) == ((), {("prometheus", "of the file")})


@pytest.mark.parametrize("content", ["{", "[]", '{"targets": [{"source": 5}]}', '{"targets": 1}'])
def test_a_file_that_is_damaged_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    """Nothing is written over what somebody may want to mend."""
    (tmp_path / "targets.json").write_text(content)
    own = OwnTargets(tmp_path)
    assert "targets.json" in own.error
    with pytest.raises(SettingsError, match="left as it is"):
        own.put(target())
    assert (tmp_path / "targets.json").read_text() == content


def test_the_file_is_for_people_as_well(tmp_path: Path) -> None:
    """What was not said does not stand in it."""
    OwnTargets(tmp_path).put(target())
    assert json.loads((tmp_path / "targets.json").read_text()) == {
        "targets": [{"source": "ollama", "url": URL, "name": "gpu-1"}],
        "paused": [],
    }
