"""Which targets are to be asked: those of the settings, and those that sources try on this machine by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from tokometer.host.regular import read_text
from tokometer.host.secrets import SecretLost
from tokometer.settings import OwnTargets, Settings, TargetSettings
from tokometer.sources.protocol import PollError, Source, Target

#: Where a target was named: in the settings' file, on the page, or nowhere (a source tries it by itself).
Origin = Literal["file", "page", "local"]
#: Of a file that holds nothing but a key (bytes).
_MOST_SECRET: Final = 16_384


def _none() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A target, whose it is, and where it was named."""

    source: str
    #: Without its secret.
    target: Target
    origin: Origin = "file"
    paused: bool = False
    #: Why it cannot be asked at all; empty where it can.
    unfit: str = ""
    #: Where its secret is: `env NAME`, `file NAME`, `kept`; empty where it has none.
    secret_kind: str = ""
    #: Finds its secret, each time anew. Raises PollError where it is not there.
    secret: Callable[[], str] = field(default=_none, repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.source, self.target.name

    @property
    def place(self) -> str:
        """Where its records come from, and under which its state is kept."""
        name, url = self.target.name, self.target.url
        return url if name in ("", url) else f"{url} ({name})"


class Targets:
    """What is to be asked, as the settings are at each call: the same list as long as they are the same.

    `own` are those that were added on the page. With `discover`, sources try what they find on this machine as well.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        own: OwnTargets,
        sources: Mapping[str, Source],
        home: Path,
        env: Mapping[str, str],
        *,
        discover: bool,
    ) -> None:
        self._settings = settings
        self._sources = sources
        self._env = env
        self._home = home
        self._discover = discover
        self._tried: list[Listed] | None = None
        self._own = own
        self._seen: tuple[Settings | None, int] = (None, -1)
        self._found: list[Listed] = []

    def __call__(self) -> list[Listed]:
        """All of them."""
        seen = self._settings(), self._own.version
        if seen[0] is not self._seen[0] or seen[1] != self._seen[1]:
            if self._tried is None:
                # Not before: this loads every source.
                self._tried = local(self._sources, self._home, self._env) if self._discover else []
            self._found = self._all(seen[0])
            self._seen = seen
        return self._found

    def _all(self, settings: Settings) -> list[Listed]:
        own = self._own
        told = [listed(one, self._sources, "file", secret_in(one, self._env)) for one in settings.targets]
        # What stands in both is as it is in the file.
        added = [listed(one, self._sources, "page", secret_in(one, self._env, own)) for one in own.targets]
        found = together([*added, *told], self._tried or ())
        return [replace(one, paused=one.paused or one.key in own.paused) for one in found]


def listed(told: TargetSettings, sources: Mapping[str, Source], origin: Origin, secret: Callable[[], str]) -> Listed:
    """A target of the settings."""
    source = sources.get(told.source)
    poll = None if source is None else source.polled
    unfit = ""
    if poll is None:
        can = sorted(name for name, one in sources.items() if one.polled is not None)
        what = "there is no source of this name" if source is None else "this source cannot be asked"
        unfit = f"{told.source}: {what}; those that can be are {', '.join(can) or 'none'}"
    every = told.every if told.every is not None else poll.every if poll is not None else 60.0
    target = Target(told.called, told.url, every, dict(told.options), dict(told.labels))
    return Listed(told.source, target, origin, told.paused, unfit, kind_of(told), secret)


def local(sources: Mapping[str, Source], home: Path, env: Mapping[str, str]) -> list[Listed]:
    """What sources try on this machine without being told."""
    return [
        Listed(name, replace(target, secret=""), "local", secret=_holds(target.secret))
        for name, source in sources.items()
        if source.polled is not None
        for target in source.polled.local(home, env)
    ]


def together(told: Iterable[Listed], tried: Iterable[Listed]) -> list[Listed]:
    """All of them; what is tried by itself gives way where the same address was named."""
    found = {one.key: one for one in told}
    named = {(one.source, one.target.url.rstrip("/")) for one in found.values()}
    for one in tried:
        if (one.source, one.target.url.rstrip("/")) not in named:
            found.setdefault(one.key, one)
    return list(found.values())


def kind_of(told: TargetSettings) -> str:
    """Where the secret of a target is, in a word or two; never what it is."""
    if told.secret_env:
        return f"env {told.secret_env}"
    if told.secret_file:
        return f"file {told.secret_file}"
    return "kept" if told.secret else ""


def secret_in(told: TargetSettings, env: Mapping[str, str], own: OwnTargets | None = None) -> Callable[[], str]:
    """What finds the secret of a target of the settings, or of the page (`own`)."""

    def find() -> str:
        if told.secret_env:
            return _in_env(told.secret_env, env)
        if told.secret_file:
            return _in_file(told.secret_file)
        if own is None:
            return told.secret
        try:
            return own.secret(told)
        except SecretLost as error:
            raise PollError(f"its secret cannot be read: {error}", secret=True) from error

    return find


def _in_env(name: str, env: Mapping[str, str]) -> str:
    found = env.get(name, "")
    if not found:
        raise PollError(f"the environment variable {name} is not set", secret=True)
    return found


def _in_file(name: str) -> str:
    try:
        found = read_text(Path(name).expanduser(), _MOST_SECRET).strip()
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise PollError(f"its secret_file {name} cannot be read ({why})", secret=True) from error
    if not found:
        raise PollError(f"its secret_file {name} is empty", secret=True)
    return found


def _holds(secret: str) -> Callable[[], str]:
    return lambda: secret
