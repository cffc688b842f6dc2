"""Facts of common devices and open models, each with where it is from. What users write in `tokometer.toml` wins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec.structs import asdict, replace

from tokometer.settings.machines import Device, ModelFacts

_CHECKED: Final = "2026-11-27"
_H100: Final = "NVIDIA H100 Tensor Core GPU data sheet, dense: half of what it states with sparsity"
_H200: Final = "NVIDIA H200 Tensor Core GPU data sheet, dense: half of what it states with sparsity"
_A100: Final = "NVIDIA A100 Tensor Core GPU data sheet"
_ADA: Final = "NVIDIA Ada GPU architecture white paper, FP16 with FP32 accumulation"
_GA102: Final = "NVIDIA Ampere GA102 GPU architecture white paper, FP16 with FP32 accumulation"
_V100: Final = "NVIDIA V100 Tensor Core GPU data sheet"

#: Dense BF16 (FP16 where there is no BF16) in 10¹² operations per second; the board's power limit in watts.
DEVICES: Final[tuple[Device, ...]] = tuple(
    Device(match=match, peak_tflops=peak, power_watts=watts, source=source, checked=_CHECKED)
    for match, peak, watts, source in (
        ("H100", 989.4, 700, _H100),
        ("H100 PCIe", 756, 350, _H100),
        ("H100 NVL", 835.5, 400, _H100),
        ("H200", 989.4, 700, _H200),
        ("H200 NVL", 835.5, 600, _H200),
        ("B200", 2250, 1000, "NVIDIA Blackwell architecture technical brief, HGX B200, dense"),
        ("A100", 312, 400, _A100),
        ("A100 80GB PCIe", 312, 300, _A100),
        ("A100-PCIE", 312, 250, _A100),
        ("A10", 125, 150, "NVIDIA A10 Tensor Core GPU data sheet"),
        ("L4", 121, 72, "NVIDIA L4 Tensor Core GPU data sheet, dense: half of what it states with sparsity"),
        ("L40S", 362, 350, "NVIDIA L40S GPU data sheet, dense"),
        ("T4", 65, 70, "NVIDIA T4 Tensor Core GPU data sheet, FP16"),
        ("V100-SXM2", 125, 300, _V100),
        ("V100-PCIE", 112, 250, _V100),
        ("RTX 5090", 209.5, 575, "NVIDIA RTX Blackwell GPU architecture white paper, FP16 with FP32 accumulation"),
        ("RTX 4090", 165.2, 450, _ADA),
        ("RTX 4090 D", 147.1, 425, _ADA),
        ("RTX 3090", 71, 350, _GA102),
        ("RTX 3090 Ti", 80, 450, _GA102),
        ("RTX A6000", 154.8, 300, _GA102),
        ("MI300X", 1307.4, 750, "AMD Instinct MI300X accelerator data sheet, dense"),
        ("MI325X", 1307.4, 1000, "AMD Instinct MI325X accelerator data sheet, dense"),
    )
)
#: A laptop's chip of the same name is a smaller one, and a slice of a device is not the device.
_NOT_WHOLE: Final = re.compile(r"\b(laptop|mobile|max-q|mig)\b", re.IGNORECASE)

_CARD: Final = "the maker's model card"
_META: Final = "Meta, The Llama 3 Herd of Models (2024), and its model cards"
_QWEN: Final = "Qwen3 Technical Report (2025)"
_DEEPSEEK: Final = "DeepSeek-V3 Technical Report (2024)"

#: Open models whose makers publish how many parameters take part in each token.
MODELS: Final[tuple[ModelFacts, ...]] = tuple(
    ModelFacts(match=match, active_parameters=billions * 1e9, source=source, checked=_CHECKED)
    for match, billions, source in (
        ("llama-3-8b", 8.0, _META),
        ("llama-3-70b", 70.6, _META),
        ("llama-3.1-8b", 8.0, _META),
        ("llama-3.1-70b", 70.6, _META),
        ("llama-3.1-405b", 405, _META),
        ("llama-3.2-1b", 1.23, _META),
        ("llama-3.2-3b", 3.21, _META),
        ("llama-3.3-70b", 70.6, _META),
        ("llama-4-scout", 17, _CARD),
        ("llama-4-maverick", 17, _CARD),
        ("mistral-7b", 7.24, _CARD),
        ("mixtral-8x7b", 12.9, "Jiang et al., Mixtral of Experts (2024)"),
        ("mixtral-8x22b", 39, _CARD),
        ("deepseek-v3", 37, _DEEPSEEK),
        ("deepseek-r1", 37, "DeepSeek-R1 (2025)"),
        ("deepseek-r1-distill-llama-70b", 70.6, "DeepSeek-R1 (2025)"),
        ("deepseek-r1-distill-llama-8b", 8.0, "DeepSeek-R1 (2025)"),
        ("deepseek-r1-distill-qwen-32b", 32.8, "DeepSeek-R1 (2025)"),
        ("deepseek-r1-distill-qwen-14b", 14.8, "DeepSeek-R1 (2025)"),
        ("deepseek-r1-distill-qwen-7b", 7.6, "DeepSeek-R1 (2025)"),
        ("qwen2.5-7b", 7.6, "Qwen2.5 Technical Report (2024)"),
        ("qwen2.5-14b", 14.8, "Qwen2.5 Technical Report (2024)"),
        ("qwen2.5-32b", 32.8, "Qwen2.5 Technical Report (2024)"),
        ("qwen2.5-72b", 72.7, "Qwen2.5 Technical Report (2024)"),
        ("qwen2.5-coder-32b", 32.8, "Qwen2.5-Coder Technical Report (2024)"),
        ("qwen3-235b-a22b", 22, _QWEN),
        ("qwen3-30b-a3b", 3.3, _QWEN),
        ("qwen3-32b", 32.8, _QWEN),
        ("qwen3-14b", 14.8, _QWEN),
        ("qwen3-8b", 8.2, _QWEN),
        ("qwen3-4b", 4.0, _QWEN),
        ("qwen3-next-80b-a3b", 3, _CARD),
        ("gpt-oss-120b", 5.13, "OpenAI, gpt-oss-120b & gpt-oss-20b model card (2025)"),
        ("gpt-oss-20b", 3.61, "OpenAI, gpt-oss-120b & gpt-oss-20b model card (2025)"),
        ("kimi-k2", 32, "Kimi K2: Open Agentic Intelligence (2025)"),
        ("glm-4.5", 32, "GLM-4.5 (2025)"),
        ("glm-4.5-air", 12, "GLM-4.5 (2025)"),
        ("glm-4.6", 32, _CARD),
        ("minimax-m2", 10, _CARD),
        ("gemma-3-4b", 4.3, "Gemma 3 Technical Report (2025)"),
        ("gemma-3-12b", 12.2, "Gemma 3 Technical Report (2025)"),
        ("gemma-3-27b", 27.4, "Gemma 3 Technical Report (2025)"),
        ("phi-4", 14.7, "Phi-4 Technical Report (2024)"),
        ("phi-4-mini", 3.8, "Phi-4-Mini Technical Report (2025)"),
    )
)


def find_device(name: str, own: Sequence[Device]) -> Device | None:
    """What is known of a device by its name: the user's `own` facts over those of :data:`DEVICES`; None for nothing.

    Of several entries that match, a longer one wins fact by fact. They match whole words, so that an L40 is not taken
    for an L4.
    """
    told = name.casefold()
    known = [] if _NOT_WHOLE.search(name) else [one for one in DEVICES if _is_word(one.match.casefold(), told)]
    mine = [one for one in own if _is_word(one.match.casefold(), told)]
    return _over([*_longest(known), *sorted(mine, key=lambda one: len(one.match))])


def find_model(name: str, own: Sequence[ModelFacts]) -> ModelFacts | None:
    """What is known of a model by its name: the user's `own` facts over those of :data:`MODELS`; None for nothing.

    Names are compared by their letters and digits alone, so that `llama3.3:70b` is `Llama-3.3-70B`; of several entries
    that match, a longer one wins fact by fact.
    """
    told = _bare(name)
    known = [one for one in MODELS if _bare(one.match) in told]
    mine = [one for one in own if _bare(one.match) in told]
    return _over([*_longest(known), *sorted(mine, key=lambda one: len(_bare(one.match)))])


_Facts = TypeVar("_Facts", Device, ModelFacts)


def _longest(found: Sequence[_Facts]) -> Sequence[_Facts]:
    return [max(found, key=lambda one: len(one.match))] if found else []


def _over(found: Sequence[_Facts]) -> _Facts | None:
    """Facts one over the other: the last that tells something counts."""
    if not found:
        return None
    told = {name: value for one in found for name, value in asdict(one).items() if value not in (None, "")}
    return replace(found[-1], **told)


def _is_word(word: str, text: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
