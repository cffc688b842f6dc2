"""The servers that people run models with on their own machines. They bill no tokens."""

from __future__ import annotations

from typing import Final

from tokometer.records.provider import Provider

LOCAL_SERVERS: Final = (
    Provider(
        slug="ollama",
        name="Ollama",
        colour="#546c48",
        website="https://ollama.com",
        docs="https://docs.ollama.com",
        contact="https://github.com/ollama/ollama/issues",
        type="local",
        aliases=("ollama_chat",),
    ),
    Provider(
        slug="lmstudio",
        name="LM Studio",
        colour="#5460d8",
        website="https://lmstudio.ai",
        docs="https://lmstudio.ai/docs",
        contact="https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues",
        type="local",
        aliases=("lm_studio",),
    ),
    Provider(
        slug="llamacpp",
        name="llama.cpp",
        colour="#a88484",
        website="https://github.com/ggml-org/llama.cpp",
        docs="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
        contact="https://github.com/ggml-org/llama.cpp/issues",
        type="local",
        aliases=("llama.cpp", "llama_cpp", "llama_server", "llamafile"),
    ),
    Provider(
        slug="vllm",
        name="vLLM",
        colour="#007824",
        website="https://vllm.ai",
        docs="https://docs.vllm.ai",
        contact="https://github.com/vllm-project/vllm/issues",
        type="local",
        aliases=("hosted_vllm",),
    ),
    Provider(
        slug="sglang",
        name="SGLang",
        colour="#9c9060",
        website="https://www.sglang.ai",
        docs="https://docs.sglang.ai",
        contact="https://github.com/sgl-project/sglang/issues",
        type="local",
        aliases=("sgl",),
    ),
    Provider(
        slug="tgi",
        name="Text Generation Inference",
        colour="#a8486c",
        website="https://github.com/huggingface/text-generation-inference",
        docs="https://huggingface.co/docs/text-generation-inference",
        contact="https://github.com/huggingface/text-generation-inference/issues",
        type="local",
        status="deprecated",
        aliases=("text_generation_inference",),
    ),
)
