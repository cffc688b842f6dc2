"""Langfuse, as the registry finds it."""

from typing import Final

from tokometer.sources.langfuse.ingestion import Ingestion, Scores
from tokometer.sources.langfuse.replies import REPLIES
from tokometer.sources.protocol import Source


def recipe(url: str) -> str:
    """What makes Langfuse's SDKs send to the server at `url`."""
    return (
        f"export LANGFUSE_HOST={url}\n"
        f"export LANGFUSE_BASE_URL={url}\n"
        "export LANGFUSE_PUBLIC_KEY=pk-lf-any\n"
        "export LANGFUSE_SECRET_KEY=sk-lf-any"
    )


SOURCE: Final = Source(
    name="langfuse",
    title="Langfuse",
    family="telemetry",
    about="Generations, tools, steps and scores of Langfuse's SDKs.",
    pushed=(Ingestion(), Scores()),
    replies=REPLIES,
    recipe=recipe,
)
