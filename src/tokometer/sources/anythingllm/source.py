"""AnythingLLM, as the registry finds it."""

from typing import Final

from tokometer.sources.anythingllm.found import FOUND
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name="anythingllm",
    title="AnythingLLM",
    family="chat",
    about="Answers of its workspaces with what they used, ratings, and the documents of each workspace.",
    found=FOUND,
)
