"""What LM Studio answers in its two generations: a model that is loaded and unloaded, and one for embeddings."""

from __future__ import annotations

import json
from typing import Any

from tokometer.conformance import Answers
from tokometer.sources.protocol import Fetched, Target

MINUTE = 60_000_000
#: 2026-03-02, 09:00 UTC.
START = 1_772_442_000_000_000
TARGET = Target("studio", "http://studio.lan:1234", 30.0)
CLOCKS = tuple(START + number * MINUTE for number in range(3))


def answer(value: Any, status: int = 200) -> Fetched:
    """JSON, as LM Studio sends it."""
    return Fetched(status, json.dumps(value).encode(), "application/json")


def v1(*instances: dict[str, Any]) -> dict[str, Fetched]:
    """What 0.4 answers while these instances of its model are loaded."""
    return {
        "/api/v1/models": answer(
            {
                "models": [
                    {
                        "type": "llm",
                        "publisher": "openai",
                        "key": "openai/gpt-oss-20b",
                        "display_name": "GPT-OSS 20B",
                        "architecture": "gpt-oss",
                        "quantization": {"name": "MXFP4", "bits_per_weight": 4},
                        "size_bytes": 12_109_565_632,
                        "params_string": "20B",
                        "loaded_instances": list(instances),
                        "max_context_length": 131_072,
                        "format": "gguf",
                        "capabilities": {
                            "vision": False,
                            "trained_for_tool_use": True,
                            "reasoning": {"allowed_options": ["low", "high"], "default": "low"},
                        },
                        "description": None,
                    },
                    {
                        "type": "embedding",
                        "publisher": "nomic-ai",
                        "key": "text-embedding-nomic-embed-text-v1.5",
                        "display_name": "Nomic Embed Text v1.5",
                        "architecture": "nomic-bert",
                        "quantization": {"name": "Q4_K_M", "bits_per_weight": 4},
                        "size_bytes": 84_106_624,
                        "params_string": None,
                        "loaded_instances": [],
                        "max_context_length": 2048,
                        "format": "gguf",
                    },
                ]
            }
        )
    }


def v0(state: str) -> dict[str, Fetched]:
    """What 0.3 answers; it knows no v1, and says so with 200."""
    loaded = {"loaded_context_length": 4096} if state == "loaded" else {}
    return {
        "/api/v1/models": answer({"error": "Unexpected endpoint or method. (GET /api/v1/models)"}),
        "/api/v0/models": answer(
            {
                "object": "list",
                "data": [
                    {
                        "id": "qwen2-vl-7b-instruct",
                        "object": "model",
                        "type": "vlm",
                        "publisher": "mlx-community",
                        "arch": "qwen2_vl",
                        "compatibility_type": "mlx",
                        "quantization": "4bit",
                        "state": state,
                        "max_context_length": 32_768,
                        "capabilities": ["tool_use"],
                        **loaded,
                    }
                ],
            }
        ),
    }


INSTANCE = {"id": "openai/gpt-oss-20b", "config": {"context_length": 8192, "flash_attention": True}}
EXAMPLES = [
    # Two models; instances and context while it is loaded, and once both after.
    Answers("v1", TARGET, (v1(), v1(INSTANCE), v1()), {"models": 2, "samples": 4}, CLOCKS),
    Answers("v0", TARGET, (v0("not-loaded"), v0("loaded"), v0("not-loaded")), {"models": 1, "samples": 4}, CLOCKS),
]
