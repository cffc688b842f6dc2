"""The id of an answer, out of the answer."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from tokometer.sources.answer_ids import answer_named, timed_name

LITELLM = (
    "resp_" + b64encode(b"litellm:custom_llm_provider:openai;model_id:d0c1;response_id:resp_68f0c1b2a4d8a1").decode()
)
UUID = "0a1b2c3d-5e6f-4a7b-8c9d-0e1f2a3b4c5d"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"id": "chatcmpl-9J3uRz8f0QpVh1XcY2bTk7", "choices": []}, "chatcmpl-9J3uRz8f0QpVh1XcY2bTk7"),
        ({"id": LITELLM, "output": []}, LITELLM),
        # DeepSeek, Mistral, Groq and Together make theirs otherwise.
        ({"id": UUID, "choices": [], "object": "chat.completion"}, UUID),
        ({"id": UUID, "object": "thread.message"}, ""),
        ({"id": UUID}, ""),
        ({"rows": [{"id": UUID}], "object": "response"}, ""),
        (
            {"choices": [{"message": {"tool_calls": [{"id": "call_1"}]}}], "id": "msg_01XFDUDYJgAACzvnptvVoYEL"},
            "msg_01XFDUDYJgAACzvnptvVoYEL",
        ),
    ],
)
def test_an_answers_id(answer: dict[str, Any], name: str) -> None:
    """The same of an object and of its text; what is no answer has none, whatever ids are in it."""
    assert answer_named(answer) == name
    assert answer_named(json.dumps(answer)) == name
    assert answer_named(json.dumps(answer, separators=(",", ":"))) == name


@pytest.mark.parametrize("answer", ["", "Then this.", None, 7, ["chatcmpl-9J3uRz8f0QpVh1XcY2bTk7"], '{"id": "'])
def test_what_holds_none(answer: object) -> None:
    """Words, nothing, and what is cut off."""
    assert answer_named(answer) == ""


def test_a_name_by_how_long_it_took() -> None:
    """Of Ollama's answers; what is 0 or missing is the same, and without the whole there is none."""
    took = {"total_duration": 2_500_000_111, "eval_duration": 1_900_000_222}
    assert timed_name(took) == timed_name({**took, "prompt_eval_duration": 0}) == "ollama-2500000111-1900000222"
    assert timed_name({"eval_duration": 1_900_000_222}) == timed_name({"total_duration": "1m"}) == ""
