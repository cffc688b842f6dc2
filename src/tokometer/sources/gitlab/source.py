"""GitLab, as the registry finds it."""

from typing import Final

from tokometer.sources.gitlab.hook import GitlabHook, recipe
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="gitlab",
    title="GitLab",
    family="own",
    about="What came of the work: merge requests and commits, as its webhooks tell of them.",
    pushed=(GitlabHook(),),
    recipe=recipe,
)
