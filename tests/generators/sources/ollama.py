"""What Ollama answers: two models, one of which is loaded, used and unloaded; then one is removed."""

from __future__ import annotations

import json
from typing import Any

from tokometer.conformance import Answers
from tokometer.sources.protocol import Fetched, Target

MINUTE = 60_000_000
#: The morning on which all this happens: 2026-03-02, 09:00 UTC.
START = 1_772_442_000_000_000
TARGET = Target("atlas", "http://atlas-02.lan:11434", 30.0)
LLAMA, NOMIC, CLOUD = "llama3.1:8b", "nomic-embed-text:latest", "gpt-oss:120b-cloud"


def answer(value: Any) -> Fetched:
    """JSON, as Ollama sends it."""
    return Fetched(200, json.dumps(value).encode(), "application/json")


def model(name: str, digest: str, size: int, family: str, parameters: str, quantisation: str) -> dict[str, Any]:
    """One model of `/api/tags`."""
    return {
        "name": name,
        "model": name,
        "modified_at": "2026-02-11T18:02:45.119331+01:00",
        "size": size,
        "digest": digest * 64,
        "details": {
            "parent_model": "",
            "format": "gguf",
            "family": family,
            "families": [family],
            "parameter_size": parameters,
            "quantization_level": quantisation,
        },
    }


def loaded(name: str, digest: str, until: str, vram: int) -> dict[str, Any]:
    """One model of `/api/ps`."""
    return {
        "name": name,
        "model": name,
        "size": 6_654_289_920,
        "digest": digest * 64,
        "details": {"format": "gguf", "family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"},
        "expires_at": until,
        "size_vram": vram,
        "context_length": 8192,
    }


ON_DISK = [
    model(LLAMA, "a", 4_920_753_328, "llama", "8.0B", "Q4_K_M"),
    model(NOMIC, "b", 274_302_450, "nomic-bert", "137M", "F16"),
]
REMOTE = {
    **model(CLOUD, "c", 384, "gptoss", "116.8B", "MXFP4"),
    "remote_model": "gpt-oss:120b",
    "remote_host": "https://x",
}
#: Of any model, as `/api/show` has it.
SHOWN = {
    "license": "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date: July 23, 2024",
    "parameters": 'stop                           "<|eot_id|>"\ntemperature                    0.7\nnum_ctx 8192',
    "template": "{{ .Prompt }}",
    "details": {"format": "gguf", "family": "llama"},
    "model_info": {
        "general.architecture": "llama",
        "general.name": "Llama 3.1 8B Instruct",
        "general.parameter_count": 8_030_261_312,
        "llama.context_length": 131_072,
        "llama.embedding_length": 4096,
        "tokenizer.ggml.tokens": None,
    },
    "capabilities": ["completion", "tools"],
}


def poll(on_disk: list[dict[str, Any]], in_memory: list[dict[str, Any]]) -> dict[str, Fetched]:
    """Everything that it answers at one time."""
    return {
        "/api/tags": answer({"models": on_disk}),
        "/api/ps": answer({"models": in_memory}),
        "/api/show": answer(SHOWN),
        "/api/version": answer({"version": "0.33.1"}),
    }


EXAMPLES = [
    Answers(
        "0.33",
        TARGET,
        (
            poll(ON_DISK, []),
            poll(ON_DISK, [loaded(LLAMA, "a", "2026-03-02T10:05:30+01:00", 5_333_539_264)]),
            poll(ON_DISK, [loaded(LLAMA, "a", "2026-03-02T10:06:00+01:00", 5_333_539_264)]),
            poll([*ON_DISK, REMOTE], []),
            poll([*ON_DISK[:1], REMOTE], []),
        ),
        # Three models, the removed one among them; three readings of each loading, and three of its end.
        {"models": 3, "samples": 9},
        tuple(START + number * MINUTE for number in range(5)),
    )
]
