"""Who answers the calls: every provider that we know by name, and the many spellings under which tools report them.

A provider is the service that the caller talks to and that bills him, not the maker of the model: Claude on Amazon is
`bedrock`. Google runs two services with their own keys, quotas, bills and outages, so they are two slugs: `google` is
the Gemini API, `vertex` is Google Cloud.

Colours hold against a light and a dark card (contrast ≥ 3 : 1 on both) and were chosen so that the nearest two differ
as much as possible, also as seen with red and green blindness; the most used providers come first in that choice.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tokometer.records.lengths import MAX_TEXT
from tokometer.records.local_servers import LOCAL_SERVERS
from tokometer.records.provider import Provider
from tokometer.records.redaction import redacted

_MAX_SLUG: Final = 64
#: What the Vercel AI SDK writes behind a provider, folded: which of the provider's APIs answered (`groq.chat`).
_APIS: Final = frozenset(
    {
        *("chat", "completion", "completions", "responses", "messages", "embedding", "embeddings", "textembedding"),
        *("image", "video", "speech", "transcription", "realtime", "rerank", "reranking"),
    }
)

_ALL: Final[tuple[Provider, ...]] = (
    Provider(
        slug="anthropic",
        name="Anthropic",
        colour="#cc6b49",
        website="https://www.anthropic.com",
        docs="https://docs.claude.com",
        contact="https://support.claude.com",
        aliases=("claude", "anthropic_messages"),
    ),
    Provider(
        slug="openai",
        name="OpenAI",
        colour="#129978",
        website="https://openai.com",
        docs="https://platform.openai.com/docs",
        contact="https://help.openai.com",
        aliases=("open_ai", "openai_codex", "openai_responses", "openai_chat", "chatgpt"),
    ),
    Provider(
        slug="google",
        name="Google Gemini",
        colour="#3b78e0",
        website="https://ai.google.dev",
        docs="https://ai.google.dev/gemini-api/docs",
        contact="https://ai.google.dev/gemini-api/docs/troubleshooting",
        aliases=(
            "gcp.gemini",
            "gcp.gen_ai",
            "gemini",
            "gemini_api",
            "google_ai",
            "google_ai_studio",
            "google_gemini",
            "google_genai",
            "google_generative_ai",
            "google_gla",
        ),
    ),
    Provider(
        slug="vertex",
        name="Google Vertex AI",
        colour="#309cd8",
        website="https://cloud.google.com/vertex-ai",
        docs="https://cloud.google.com/vertex-ai/generative-ai/docs",
        contact="https://cloud.google.com/support",
        aliases=(
            "gcp.vertex_ai",
            "vertex_ai",
            "google_vertex",
            "google_vertex_ai",
            "google_vertex_anthropic",
            "vertex_anthropic",
            "vertex_ai_beta",
            "gcp",
        ),
    ),
    Provider(
        slug="bedrock",
        name="Amazon Bedrock",
        colour="#846000",
        website="https://aws.amazon.com/bedrock",
        docs="https://docs.aws.amazon.com/bedrock",
        contact="https://aws.amazon.com/contact-us",
        aliases=("aws.bedrock", "aws", "amazon", "amazon_bedrock", "aws_bedrock", "bedrock_converse", "bedrock_mantle"),
    ),
    Provider(
        slug="azure",
        name="Azure OpenAI",
        colour="#8484fc",
        website="https://azure.microsoft.com/products/ai-foundry",
        docs="https://learn.microsoft.com/azure/ai-foundry",
        contact="https://azure.microsoft.com/support",
        aliases=(
            "azure.ai.openai",
            "az.ai.openai",
            "azure.ai.inference",
            "az.ai.inference",
            "azure_openai",
            "azure_ai",
            "azure_ai_foundry",
            "azure_foundry",
            "microsoft",
            "microsoft_foundry",
        ),
    ),
    Provider(
        slug="openrouter",
        name="OpenRouter",
        colour="#9c489c",
        website="https://openrouter.ai",
        docs="https://openrouter.ai/docs",
        contact="https://openrouter.ai/support",
        aliases=("open_router",),
    ),
    Provider(
        slug="groq",
        name="Groq",
        colour="#f06090",
        website="https://groq.com",
        docs="https://console.groq.com/docs",
        contact="https://groq.com/contact",
        aliases=("groq_cloud",),
    ),
    Provider(
        slug="mistral",
        name="Mistral AI",
        colour="#c03054",
        website="https://mistral.ai",
        docs="https://docs.mistral.ai",
        contact="https://help.mistral.ai",
        aliases=("mistral_ai", "mistralai", "codestral"),
    ),
    Provider(
        slug="deepseek",
        name="DeepSeek",
        colour="#6c54c0",
        website="https://www.deepseek.com",
        docs="https://api-docs.deepseek.com",
        contact="https://www.deepseek.com/contact",
        aliases=("deep_seek", "deepseek_ai"),
    ),
    Provider(
        slug="cohere",
        name="Cohere",
        colour="#6c9c9c",
        website="https://cohere.com",
        docs="https://docs.cohere.com",
        contact="https://cohere.com/contact",
        aliases=("cohere_chat", "cohere_ai"),
    ),
    Provider(
        slug="together",
        name="Together AI",
        colour="#c0549c",
        website="https://www.together.ai",
        docs="https://docs.together.ai",
        contact="https://www.together.ai/contact",
        aliases=("together_ai",),
    ),
    Provider(
        slug="fireworks",
        name="Fireworks AI",
        colour="#a884c0",
        website="https://fireworks.ai",
        docs="https://docs.fireworks.ai",
        contact="https://fireworks.ai/contact",
        aliases=("fireworks_ai",),
    ),
    Provider(
        slug="perplexity",
        name="Perplexity",
        colour="#487884",
        website="https://www.perplexity.ai",
        docs="https://docs.perplexity.ai",
        contact="https://www.perplexity.ai/help-center",
        aliases=("perplexity_ai", "pplx"),
    ),
    Provider(
        slug="xai",
        name="xAI",
        colour="#78606c",
        website="https://x.ai",
        docs="https://docs.x.ai",
        contact="https://x.ai/contact",
        aliases=("x_ai", "grok"),
    ),
    Provider(
        slug="cerebras",
        name="Cerebras",
        colour="#e46c6c",
        website="https://www.cerebras.ai",
        docs="https://inference-docs.cerebras.ai",
        contact="https://www.cerebras.ai/contact",
        aliases=("cerebras_ai",),
    ),
    Provider(
        slug="moonshot",
        name="Moonshot AI",
        colour="#546cb4",
        website="https://www.moonshot.ai",
        docs="https://platform.moonshot.ai/docs",
        contact="https://platform.moonshot.ai",
        aliases=("moonshot_ai", "moonshotai", "moonshotai_cn", "kimi", "kimi_for_coding"),
    ),
    Provider(
        slug="alibaba",
        name="Alibaba Cloud (Qwen)",
        colour="#9060cc",
        website="https://www.alibabacloud.com/product/modelstudio",
        docs="https://www.alibabacloud.com/help/model-studio",
        contact="https://www.alibabacloud.com/contact-sales",
        aliases=("alibaba_cloud", "dashscope", "qwen", "aliyun", "model_studio", "bailian"),
    ),
    Provider(
        slug="zai",
        name="Z.ai",
        colour="#849c00",
        website="https://z.ai",
        docs="https://docs.z.ai",
        contact="https://z.ai/contact",
        aliases=("z.ai", "z_ai", "zhipu", "zhipu_ai", "bigmodel", "zai_coding_plan"),
    ),
    Provider(
        slug="minimax",
        name="MiniMax",
        colour="#b44830",
        website="https://www.minimax.io",
        docs="https://platform.minimax.io/docs",
        contact="https://www.minimax.io/contact",
        aliases=("minimax_ai",),
    ),
    Provider(
        slug="huggingface",
        name="Hugging Face",
        colour="#a87824",
        website="https://huggingface.co",
        docs="https://huggingface.co/docs/inference-providers",
        contact="https://huggingface.co/support",
        aliases=("hugging_face", "hf", "hf_inference"),
    ),
    Provider(
        slug="deepinfra",
        name="DeepInfra",
        colour="#009cb4",
        website="https://deepinfra.com",
        docs="https://deepinfra.com/docs",
        contact="https://deepinfra.com/contact",
        aliases=("deep_infra",),
    ),
    Provider(
        slug="nvidia",
        name="NVIDIA NIM",
        colour="#3c900c",
        website="https://build.nvidia.com",
        docs="https://docs.api.nvidia.com",
        contact="https://www.nvidia.com/support",
        aliases=("nvidia_nim", "nim"),
    ),
    Provider(
        slug="novita",
        name="Novita AI",
        colour="#609048",
        website="https://novita.ai",
        docs="https://novita.ai/docs",
        contact="https://novita.ai/contact",
        aliases=("novita_ai",),
    ),
    Provider(
        slug="sambanova",
        name="SambaNova",
        colour="#9c6084",
        website="https://sambanova.ai",
        docs="https://docs.sambanova.ai",
        contact="https://sambanova.ai/contact",
        aliases=("samba_nova", "sambanova_cloud"),
    ),
    Provider(
        slug="cloudflare",
        name="Cloudflare Workers AI",
        colour="#d8546c",
        website="https://www.cloudflare.com/developer-platform/products/workers-ai",
        docs="https://developers.cloudflare.com/workers-ai",
        contact="https://www.cloudflare.com/support",
        aliases=("cloudflare_workers_ai", "workers_ai"),
    ),
    Provider(
        slug="databricks",
        name="Databricks",
        colour="#907860",
        website="https://www.databricks.com",
        docs="https://docs.databricks.com/machine-learning/foundation-model-apis",
        contact="https://www.databricks.com/company/contact",
        aliases=("databricks_ai",),
    ),
    Provider(
        slug="watsonx",
        name="IBM watsonx.ai",
        colour="#6084d8",
        website="https://www.ibm.com/products/watsonx-ai",
        docs="https://www.ibm.com/docs/watsonx",
        contact="https://www.ibm.com/support",
        aliases=("ibm.watsonx.ai", "ibm", "watsonx_ai", "ibm_watsonx"),
    ),
    Provider(
        slug="voyage",
        name="Voyage AI",
        colour="#7878b4",
        website="https://www.voyageai.com",
        docs="https://docs.voyageai.com",
        contact="https://www.voyageai.com/contact",
        aliases=("voyage_ai", "voyageai"),
    ),
    Provider(
        slug="copilot",
        name="GitHub Copilot",
        colour="#6c6084",
        website="https://github.com/features/copilot",
        docs="https://docs.github.com/copilot",
        contact="https://support.github.com",
        aliases=("github_copilot", "github", "github_models"),
    ),
    Provider(
        slug="litellm",
        name="LiteLLM",
        colour="#d86cb4",
        website="https://www.litellm.ai",
        docs="https://docs.litellm.ai",
        contact="https://github.com/BerriAI/litellm/issues",
        type="gateway",
        aliases=("litellm_proxy", "lite_llm"),
    ),
    *LOCAL_SERVERS,
)

#: Every provider by slug, in the order in which they are offered.
PROVIDERS: Final[dict[str, Provider]] = {provider.slug: provider for provider in _ALL}


def provider_name(slug: str) -> str:
    """What people call a provider; of one that nobody knows, what its records call it."""
    return PROVIDERS[slug].name if slug in PROVIDERS else slug


def value_name(dimension: str, value: str) -> str:
    """What people call a value of a dimension, for the middle of a sentence."""
    return provider_name(value) if dimension == "provider" else value


def _fold(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    return {
        _fold(spelling): provider.slug
        for provider in _ALL
        for spelling in (provider.slug, provider.name, *provider.aliases)
    }


def known_provider(alias: str) -> str:
    """The slug for any spelling of a provider that we know; "" for every other text."""
    return _known(alias[: 4 * _MAX_SLUG])


def provider_of(alias: str) -> str:
    """The slug for any spelling of a provider; one that we do not know becomes a slug as it is, "" stays ""."""
    return _slug(alias[:MAX_TEXT])


@lru_cache(maxsize=4096)
def _known(alias: str) -> str:
    while True:
        found = _spellings().get(_fold(alias), "")
        alias, dot, api = alias.rpartition(".")
        if found or not dot or _fold(api) not in _APIS:
            return found


@lru_cache(maxsize=4096)
def _slug(alias: str) -> str:
    return known_provider(alias) or re.sub(r"[\W_]+", "-", redacted(alias, _MAX_SLUG).lower()).strip("-")
