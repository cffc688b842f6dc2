"""Which targets are asked: those of the settings and of the page, and what sources try by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tokometer.collect.targets import Listed, Targets
from tokometer.settings import OwnTargets, Settings, TargetSettings
from tokometer.sources.protocol import Fetch, PollError, Reading, Source, Target

LOCAL = "http://127.0.0.1:11434"


class Quiet:
    """Tries one target on this machine."""

    every = 7.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:
        """One, with a secret of its own."""
        return [Target("local", LOCAL, 3.0, secret="found")]

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """Nothing."""
        return Reading()


SOURCES = {
    "ollama": Source("ollama", "Ollama", "models", "Models.", polled=Quiet()),
    "files": Source("files", "Files", "own", "Files."),
}


class Scene:
    """Settings that change, a page that is typed into, and what comes of them."""

    def __init__(self, folder: Path, *, discover: bool = True, env: Mapping[str, str] | None = None) -> None:
        self.settings = Settings()
        self.own = OwnTargets(folder)
        self.targets = Targets(lambda: self.settings, self.own, SOURCES, folder, env or {}, discover=discover)

    def settle(self, *told: TargetSettings) -> None:
        """Write the settings anew."""
        self.settings = Settings(targets=told)

    def one(self) -> Listed:
        """The only target."""
        [found] = self.targets()
        return found


def told(url: str = "http://gpu-1:1", source: str = "ollama", **more: object) -> TargetSettings:
    """A target of the settings."""
    return TargetSettings(source=source, url=url, **more)  # type: ignore[arg-type]


def test_without_settings_sources_try_what_they_know(tmp_path: Path) -> None:
    """Unless nothing is to be looked for."""
    one = Scene(tmp_path).one()
    assert (one.origin, one.target.url, one.target.every, one.secret()) == ("local", LOCAL, 3.0, "found")
    assert one.target.secret == ""
    assert Scene(tmp_path, discover=False).targets() == []


def test_the_list_is_the_same_object_until_something_changes(tmp_path: Path) -> None:
    """Whoever follows it has nothing to compare."""
    scene = Scene(tmp_path)
    first = scene.targets()
    assert scene.targets() is first
    scene.settle(told())
    second = scene.targets()
    assert second is not first
    assert len(second) == 2
    scene.own.put(told("http://gpu-2:1"))
    assert len(scene.targets()) == 3


@pytest.mark.parametrize("url", [LOCAL, f"{LOCAL}/"])
def test_what_is_named_is_not_tried_besides(tmp_path: Path, url: str) -> None:
    """A target with the address of a local one stands in its place, with its own pace."""
    scene = Scene(tmp_path)
    scene.settle(told(url, every=60.0))
    assert (scene.one().origin, scene.one().target.every) == ("file", 60.0)


def test_the_file_goes_before_the_page(tmp_path: Path) -> None:
    """Where both name one, the file's holds."""
    scene = Scene(tmp_path, discover=False)
    scene.own.put(told(name="a", every=5.0))
    scene.settle(told(name="a", every=9.0))
    assert (scene.one().origin, scene.one().target.every) == ("file", 9.0)


def test_the_pace_is_the_sources_where_nobody_says_another(tmp_path: Path) -> None:
    """And a target is called by its address where it has no name."""
    scene = Scene(tmp_path, discover=False)
    scene.settle(told())
    assert (scene.one().target.every, scene.one().target.name, scene.one().place) == (
        7.0,
        "http://gpu-1:1",
        "http://gpu-1:1",
    )
    scene.settle(told(name="a"))
    assert scene.one().place == "http://gpu-1:1 (a)"


@pytest.mark.parametrize(("source", "words"), [("nobody", "no source"), ("files", "cannot be asked")])
def test_what_cannot_be_asked_says_so(tmp_path: Path, source: str, words: str) -> None:
    """With those that can."""
    scene = Scene(tmp_path, discover=False)
    scene.settle(told(source=source))
    assert words in scene.one().unfit
    assert "ollama" in scene.one().unfit


def test_pausing_holds_wherever_a_target_is_named(tmp_path: Path) -> None:
    """A page can pause what stands in the file, and what is tried by itself."""
    scene = Scene(tmp_path)
    scene.settle(told(name="a"))
    for key in (("ollama", "a"), ("ollama", "local")):
        scene.own.pause(key, paused=True)
    assert [one.paused for one in scene.targets()] == [True, True]


def test_a_secret_is_looked_up_each_time(tmp_path: Path) -> None:
    """So that a key can be renewed without a word to us."""
    path = tmp_path / "key"
    path.write_text("one\n")
    scene = Scene(tmp_path, discover=False, env={"KEY": "three"})
    scene.settle(told(secret_file=str(path)))
    assert (scene.one().secret(), scene.one().secret_kind) == ("one", f"file {path}")
    path.write_text("two")
    assert scene.one().secret() == "two"
    scene.settle(told(secret_env="KEY"))
    assert (scene.one().secret(), scene.one().secret_kind) == ("three", "env KEY")
    scene.settle(told(secret="four"))
    assert (scene.one().secret(), scene.one().secret_kind) == ("four", "kept")
    scene.settle(told())
    assert (scene.one().secret(), scene.one().secret_kind) == ("", "")


def test_a_secret_of_the_page_is_opened(tmp_path: Path) -> None:
    """And one whose key is gone is told as a wrong secret."""
    scene = Scene(tmp_path, discover=False)
    scene.own.put(told(secret="five"))
    assert (scene.one().secret(), scene.one().origin) == ("five", "page")
    (tmp_path / "secrets.key").unlink()
    with pytest.raises(PollError, match="type it again") as found:
        scene.one().secret()
    assert found.value.secret


@pytest.mark.parametrize(
    "where", [{"secret_env": "NOT_SET"}, {"secret_file": "/nowhere/key"}, {"secret_file": "EMPTY"}]
)
def test_a_secret_that_is_not_there_is_told(tmp_path: Path, where: dict[str, str]) -> None:
    """Whoever has to mend it reads where it was looked for."""
    (tmp_path / "empty").write_text("\n")
    where = {name: str(tmp_path / "empty") if value == "EMPTY" else value for name, value in where.items()}
    scene = Scene(tmp_path, discover=False)
    scene.settle(told(**where))
    with pytest.raises(PollError, match=next(iter(where.values()))) as found:
        scene.one().secret()
    assert found.value.secret
