"""What the conformance kit does not see of AnythingLLM: who answered, and answers of which nobody counted anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators.left import database
from generators.sources.anythingllm import ABOVE, FILE, SCHEMA, chat, metrics
from tokometer.records import ModelCall
from tokometer.sources.anythingllm.found import FOUND


def call(home: Path, **told: object) -> ModelCall:
    """The one call of a database whose answer has these metrics."""
    database(FILE, SCHEMA, {**ABOVE, "workspace_chats": [chat(1, {**metrics(1), **told})]})(home)
    (record,) = FOUND.read(home / FILE, b"").records
    assert isinstance(record, ModelCall)
    return record


@pytest.mark.parametrize(
    ("told", "provider"),
    [
        ("AnthropicLLM", "anthropic"),
        ("OpenAiLLM", "openai"),
        ("AzureOpenAiLLM", "azure"),
        ("OllamaAILLM", "ollama"),
        ("LMStudioLLM", "lmstudio"),
        ("AWSBedrockLLM", "bedrock"),
        ("LiteLLM", "litellm"),
        ("KoboldCPPLLM", "koboldcpp"),
        ("GenericOpenAiLLM", "openai"),
        ("openai", "openai"),
    ],
)
def test_the_class_that_asked_is_a_provider(tmp_path: Path, told: str, provider: str) -> None:
    """Answers name it, not the provider; behind the generic one may be anybody, whom the model tells."""
    assert call(tmp_path, provider=told).provider == provider


def test_counts_of_nothing_are_unknown(tmp_path: Path) -> None:
    """It writes 0 where its model did not say: such an answer has no price, and not one of $0."""
    found = call(tmp_path, prompt_tokens=0, completion_tokens=0, total_tokens=0)
    assert (found.input_tokens, found.output_tokens, found.unsplit_tokens) == (None, None, None)
