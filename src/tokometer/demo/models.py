"""The models that the demo company calls: real ids, made-up manners (speed, size of answers, failure rate).

The ids are ones that the price catalogue knows, so that the demo shows real prices and real price changes; a few run on
the company's own machines, and two are not in any catalogue, so that *unpriced* can be seen.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from typing import Final, Literal

#: How prompts are cached: the client marks what to cache (and pays for writing it), the provider does it by itself, or
#: nobody does.
Caching = Literal["marked", "automatic", "none"]


@dataclass(frozen=True, slots=True)
class Model:
    """One model at one provider, and how its calls behave in the demo."""

    provider: str
    id: str
    #: Median answer in tokens, reasoning aside.
    answer: int = 320
    #: Median of what it thinks before it answers, in tokens; 0 for one that does not.
    thinking: int = 0
    #: Median time to the first token, in milliseconds.
    first_token: int = 600
    #: Tokens per second once it generates.
    speed: int = 80
    #: Share of calls that fail on an ordinary day.
    failing: float = 0.007
    caching: Caching = "automatic"
    #: What one call may hold.
    window: int = 200_000


def _claude(name: str, *, thinking: int, first_token: int, speed: int, window: int = 1_000_000) -> Model:
    return Model(
        "anthropic",
        name,
        answer=410,
        thinking=thinking,
        first_token=first_token,
        speed=speed,
        failing=0.005,
        caching="marked",
        window=window,
    )


OPUS_OLD: Final = _claude("claude-opus-5", thinking=90, first_token=1_500, speed=58)
OPUS: Final = _claude("claude-opus-5-5", thinking=110, first_token=1_250, speed=71)
SONNET_OLD: Final = _claude("claude-sonnet-5", thinking=60, first_token=900, speed=84)
SONNET: Final = _claude("claude-sonnet-5-5", thinking=70, first_token=780, speed=97)
HAIKU_OLD: Final = _claude("claude-haiku-4-5", thinking=0, first_token=520, speed=140, window=200_000)
HAIKU: Final = _claude("claude-haiku-5-5", thinking=0, first_token=430, speed=185)
FABLE: Final = _claude("claude-fable-5-2", thinking=420, first_token=2_400, speed=44)

SOL_OLD: Final = Model("openai", "gpt-5.6-sol", 360, 260, 1_400, 74, 0.006)
SOL: Final = Model("openai", "gpt-6.1-sol", 380, 240, 1_100, 92, 0.005, window=400_000)
TERRA: Final = Model("openai", "gpt-6.1-terra", 340, 120, 800, 118, 0.005, window=400_000)
LUNA_OLD: Final = Model("openai", "gpt-5.6-luna", 240, 40, 520, 150, 0.005)
LUNA: Final = Model("openai", "gpt-6-luna", 240, 30, 430, 176, 0.004)
ASTRA: Final = Model("openai", "gpt-6-astra", 700, 1_900, 3_900, 52, 0.009)
GPT_4O_MINI: Final = Model("openai", "gpt-4o-mini", 190, 0, 480, 95, 0.006, window=128_000)
EMBED_LARGE: Final = Model("openai", "text-embedding-3-large", 0, 0, 190, 0, 0.002, "none", 8_192)

FLASH_OLD: Final = Model("google", "gemini-3.7-flash", 300, 120, 620, 160, 0.007, window=1_000_000)
FLASH: Final = Model("google", "gemini-3.8-flash", 310, 110, 540, 190, 0.006, window=1_000_000)
FLASH_LITE: Final = Model("google", "gemini-3.5-flash-lite", 210, 0, 380, 240, 0.006, window=1_000_000)
ARGON: Final = Model("google", "gemini-4-argon", 480, 520, 1_900, 88, 0.009, window=1_000_000)
EMBED_GEMINI: Final = Model("google", "gemini-embedding-2", 0, 0, 210, 0, 0.003, "none", 8_192)

MISTRAL_LARGE: Final = Model("mistral", "mistral-large-4", 340, 0, 700, 76, 0.008)
MISTRAL_SMALL: Final = Model("mistral", "mistral-small-2603", 240, 0, 390, 150, 0.007)
CODESTRAL: Final = Model("mistral", "codestral-2508", 120, 0, 300, 190, 0.006)
DEEPSEEK_FLASH: Final = Model("deepseek", "deepseek-v4-flash", 380, 160, 1_300, 62, 0.012)
DEEPSEEK_PRO: Final = Model("deepseek", "deepseek-v4-pro", 460, 700, 2_600, 41, 0.018)
GROK: Final = Model("xai", "grok-4.7", 330, 260, 1_000, 86, 0.010)
GROK_BUILD: Final = Model("xai", "grok-build-0.1", 260, 40, 500, 130, 0.012)
GROQ_OSS: Final = Model("groq", "openai/gpt-oss-120b", 290, 80, 210, 480, 0.009, window=131_072)
GROQ_QWEN: Final = Model("groq", "qwen/qwen3.8-27b", 280, 60, 220, 430, 0.009, window=131_072)
CEREBRAS_OSS: Final = Model("cerebras", "gpt-oss-120b", 300, 70, 180, 1_500, 0.013, "none", 131_072)
TOGETHER_KIMI: Final = Model("together", "moonshotai/Kimi-K3.1-Pro", 420, 380, 1_700, 58, 0.011)
TOGETHER_QWEN: Final = Model("together", "Qwen/Qwen3.8-Flash", 260, 0, 560, 120, 0.009, "none")
#: Never priced: it is in no catalogue. Also one of two that fail too often.
TOGETHER_PREVIEW: Final = Model("together", "halyard-preview-72b", 310, 0, 1_900, 38, 0.13, "none", 65_536)
FIREWORKS_GLM: Final = Model("fireworks", "accounts/fireworks/models/glm-5p3", 350, 180, 760, 110, 0.008)
FIREWORKS_DEEPSEEK: Final = Model(
    "fireworks", "accounts/fireworks/models/deepseek-v4p1-flash", 330, 120, 690, 130, 0.008
)
PERPLEXITY_SONAR: Final = Model("perplexity", "sonar", 290, 0, 1_500, 90, 0.009, "none", 128_000)
PERPLEXITY_PRO: Final = Model("perplexity", "sonar-pro", 430, 0, 2_300, 72, 0.010, "none")
COHERE_COMMAND: Final = Model("cohere", "command-a", 260, 0, 640, 84, 0.008, "none", 256_000)
COHERE_EMBED: Final = Model("cohere", "embed-v4.0", 0, 0, 170, 0, 0.003, "none", 128_000)
VOYAGE: Final = Model("voyage", "voyage-4", 0, 0, 150, 0, 0.002, "none", 32_000)
VOYAGE_CODE: Final = Model("voyage", "voyage-code-4", 0, 0, 160, 0, 0.002, "none", 32_000)
MOONSHOT: Final = Model("moonshot", "kimi-k3", 400, 300, 1_600, 55, 0.012)
ZAI: Final = Model("zai", "GLM-5.3", 360, 220, 1_100, 78, 0.010)
ZAI_FLASH: Final = Model("zai", "GLM-5.3-Flash", 250, 0, 640, 130, 0.009)
MINIMAX: Final = Model("minimax", "MiniMax-M3.1-Flash", 270, 60, 700, 115, 0.010)
VERTEX_FLASH: Final = Model("vertex", "gemini-3.5-flash", 300, 90, 600, 150, 0.006, window=1_000_000)
BEDROCK_SONNET: Final = Model(
    "bedrock", "global.anthropic.claude-sonnet-5-5", 320, 60, 900, 86, 0.006, "marked", 1_000_000
)
BEDROCK_NOVA: Final = Model("bedrock", "amazon.nova-pro-v1:0", 240, 0, 560, 105, 0.006)
AZURE_MINI: Final = Model("azure", "o4-mini", 280, 340, 1_200, 96, 0.007)
AZURE_PHI: Final = Model("azure", "phi-4", 220, 0, 420, 110, 0.007, "none", 16_384)
OPENROUTER_QWEN: Final = Model("openrouter", "qwen/qwen3.8-flash", 270, 0, 650, 125, 0.010)
OPENROUTER_GLM: Final = Model("openrouter", "z-ai/glm-5.3", 340, 190, 1_250, 74, 0.012)
#: Never priced: a stealth release.
OPENROUTER_STEALTH: Final = Model("openrouter", "stealth/quiet-harbor", 360, 150, 1_300, 66, 0.09, "none")
CLOUDFLARE_OSS: Final = Model("cloudflare", "@cf/openai/gpt-oss-20b", 210, 0, 360, 140, 0.008, "none", 128_000)
#: Of the provider that the company has left: see `NOVITA_LEFT`.
NOVITA_HY: Final = Model("novita", "tencent/hy4", 280, 0, 820, 88, 0.014)

OLLAMA_LLAMA: Final = Model("ollama", "llama3.1:8b", 240, 0, 420, 46, 0.004, "none", 32_768)
OLLAMA_QWEN: Final = Model("ollama", "qwen3:30b-a3b", 310, 180, 650, 34, 0.005, "none", 32_768)
OLLAMA_CODER: Final = Model("ollama", "qwen3-coder:30b", 220, 0, 520, 38, 0.005, "none", 65_536)
OLLAMA_EMBED: Final = Model("ollama", "nomic-embed-text", 0, 0, 60, 0, 0.001, "none", 8_192)
VLLM_OSS: Final = Model("vllm", "openai/gpt-oss-20b", 280, 60, 240, 118, 0.004, window=131_072)
VLLM_QWEN: Final = Model("vllm", "Qwen/Qwen3.8-27B", 300, 0, 310, 84, 0.004, window=131_072)


@dataclass(frozen=True, slots=True)
class Line:
    """A seat in a mix, held by one model after another: each takes over at its share of the demo's window.

    None is nobody: whoever held the seat is called no more.
    """

    weight: float
    versions: tuple[tuple[float, Model | None], ...]


#: A launch has won its seat after this share of the window, …
_TAKEOVER: Final = 0.09
#: … but for those who stay with what they know.
_LOYAL: Final = 0.05


def line(weight: float, first: Model, *later: tuple[float, Model | None]) -> Line:
    """A seat that `first` holds from the start and each of `later` takes over at its moment (0 to 1)."""
    return Line(weight, ((0.0, first), *later))


class Mix:
    """Which model a kind of traffic calls, as that changes over the demo's window."""

    def __init__(self, *lines: Line) -> None:
        self._lines = lines
        self._step = -1
        self._models: list[Model] = []
        self._bounds: list[float] = []

    @property
    def models(self) -> list[Model]:
        """Every model that is ever called."""
        return [model for seat in self._lines for _, model in seat.versions if model is not None]

    def pick(self, chance: float, moment: float) -> Model:
        """The model for a draw `chance` in [0, 1) at `moment`, a share of the window."""
        step = int(moment * 512)
        if step != self._step:
            self._weigh(step, moment)
        return self._models[bisect(self._bounds, chance * self._bounds[-1])]

    def _weigh(self, step: int, moment: float) -> None:
        self._step, self._models, self._bounds = step, [], []
        total = 0.0
        for seat in self._lines:
            left = seat.weight
            for place, (since, model) in enumerate(reversed(seat.versions)):
                if model is None:
                    if moment >= since:
                        break
                    continue
                first = place == len(seat.versions) - 1
                won = 1.0 if first else min(max((moment - since) / _TAKEOVER, 0.0), 1.0) * (1 - _LOYAL)
                if won <= 0:
                    continue
                total += left * won
                left *= 1 - won
                self._models.append(model)
                self._bounds.append(total)


#: Where each launch falls, as a share of the window.
OPUS_LAUNCH, SONNET_LAUNCH, SOL_LAUNCH, FLASH_LAUNCH, LUNA_LAUNCH, HAIKU_LAUNCH = 0.22, 0.34, 0.46, 0.58, 0.3, 0.7
#: When the company left a provider: nothing is asked of it any more.
NOVITA_LEFT: Final = 0.72

_OPUS: Final = (OPUS_OLD, (OPUS_LAUNCH, OPUS))
_SONNET: Final = (SONNET_OLD, (SONNET_LAUNCH, SONNET))
_HAIKU: Final = (HAIKU_OLD, (HAIKU_LAUNCH, HAIKU))
_SOL: Final = (SOL_OLD, (SOL_LAUNCH, SOL))
_LUNA: Final = (LUNA_OLD, (LUNA_LAUNCH, LUNA))
_FLASH: Final = (FLASH_OLD, (FLASH_LAUNCH, FLASH))

#: The coding agents, …
CLAUDE_CODE: Final = Mix(line(62, *_OPUS), line(36, *_SONNET), line(2, FABLE))
CODEX: Final = Mix(line(88, *_SOL), line(8, TERRA), line(4, *_LUNA))
#: … the subagents that they start, …
EXPLORERS: Final = Mix(line(60, *_HAIKU), line(40, *_SONNET))
#: … the company's own agents, …
AGENTS: Final = Mix(
    line(26, *_SONNET),
    line(20, *_SOL),
    line(10, *_OPUS),
    line(8, ARGON),
    line(7, GROK),
    line(6, MOONSHOT),
    line(6, PERPLEXITY_PRO),
    line(5, ZAI),
    line(5, DEEPSEEK_PRO),
    line(4, VLLM_QWEN),
    line(3, ASTRA),
)
#: … the assistant for everyone, with knowledge bases, …
ASSISTANT: Final = Mix(
    line(20, *_SONNET),
    line(17, *_SOL),
    line(16, *_FLASH),
    line(9, MISTRAL_LARGE),
    line(8, OLLAMA_LLAMA),
    line(5, OLLAMA_QWEN),
    line(3, OLLAMA_CODER),
    line(5, VLLM_OSS),
    line(5, PERPLEXITY_SONAR),
    line(4, GROK),
    line(4, DEEPSEEK_FLASH),
    line(4, COHERE_COMMAND),
)
#: … what the product itself sends through the gateway, …
GATEWAY: Final = Mix(
    line(17, *_FLASH),
    line(14, *_LUNA),
    line(10, *_HAIKU),
    line(8, BEDROCK_SONNET),
    line(6, FLASH_LITE),
    line(5, GROQ_OSS),
    line(5, MISTRAL_SMALL),
    line(4, FIREWORKS_GLM),
    line(4, DEEPSEEK_FLASH),
    line(4, AZURE_MINI),
    line(3, TOGETHER_KIMI),
    line(3, TOGETHER_QWEN),
    line(3, CEREBRAS_OSS),
    line(2.5, OPENROUTER_QWEN),
    line(2, OPENROUTER_GLM),
    line(2, GROQ_QWEN),
    line(2, FIREWORKS_DEEPSEEK),
    line(2, BEDROCK_NOVA),
    line(2, ZAI_FLASH),
    line(2, MINIMAX),
    line(2, VERTEX_FLASH),
    line(1.5, CLOUDFLARE_OSS),
    line(1.5, NOVITA_HY, (NOVITA_LEFT, None)),
    line(1.5, CODESTRAL),
    line(1.5, GPT_4O_MINI, (0.5, LUNA)),
    line(1.6, TOGETHER_PREVIEW),
    line(1, AZURE_PHI),
    line(1, GROK_BUILD),
    line(1.2, OPENROUTER_STEALTH),
)
#: … scheduled jobs, …
JOBS: Final = Mix(line(40, *_LUNA), line(25, *_HAIKU), line(20, VLLM_OSS), line(15, *_FLASH))
#: … one of which is mostly given a family's dearest model though its cheapest does as well, …
REVIEWS: Final = Mix(line(70, *_OPUS), line(30, *_HAIKU))
#: … and what fills and searches the knowledge bases.
EMBEDDERS: Final = Mix(
    line(34, EMBED_LARGE),
    line(26, VOYAGE),
    line(12, VOYAGE_CODE),
    line(12, COHERE_EMBED),
    line(10, EMBED_GEMINI),
    line(6, OLLAMA_EMBED),
)

MIXES: Final = (CLAUDE_CODE, CODEX, EXPLORERS, AGENTS, ASSISTANT, GATEWAY, JOBS, REVIEWS, EMBEDDERS)
#: Every model of the demo, by provider and id.
MODELS: Final = tuple(
    sorted({(m.provider, m.id): m for mix in MIXES for m in mix.models}.values(), key=lambda m: (m.provider, m.id))
)
