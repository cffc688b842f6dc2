"""The proxy as a source."""

from __future__ import annotations

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.proxy.told import PUSH

SOURCE: Final = Source(
    name="proxy",
    title="Tokometer proxy",
    family="models",
    about="Calls to any server that speaks as Ollama, OpenAI or Anthropic do: tokens, times, errors, tools.",
    pushed=(PUSH,),
    recipe=lambda url: f"tokometer proxy --to http://localhost:11434 --port 11435 --send {url}",
)
