"""GitHub, as the registry finds it."""

from typing import Final

from tokometer.sources.github.hook import GithubHook, recipe
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="github",
    title="GitHub",
    family="own",
    about="What came of the work: pull requests and commits, as its webhooks tell of them.",
    pushed=(GithubHook(),),
    recipe=recipe,
)
