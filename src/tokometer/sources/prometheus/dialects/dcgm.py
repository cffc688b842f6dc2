"""NVIDIA's DCGM exporter. Profiling metrics are ratios, whatever their help text says; utilisation is in percent."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import MHZ, MIB, Dialect, Rule

#: From here on values say that there is none: DCGM_INT32_BLANK and what follows it; the floating-point and 64-bit
#: ones are larger (dcgm_structs.h).
_BLANK: Final = 2147483632.0
_BLANK_64: Final = 9.2e18
_PERCENT: Final = 0.01

DIALECT: Final = Dialect(
    "dcgm",
    "DCGM exporter",
    (
        Rule("DCGM_FI_DEV_GPU_UTIL", "gpu.utilisation", _PERCENT, blank=_BLANK),
        Rule("DCGM_FI_DEV_MEM_COPY_UTIL", "gpu.memory.utilisation", _PERCENT, blank=_BLANK),
        Rule("DCGM_FI_DEV_ENC_UTIL", "gpu.encoder.utilisation", _PERCENT, blank=_BLANK),
        Rule("DCGM_FI_DEV_DEC_UTIL", "gpu.decoder.utilisation", _PERCENT, blank=_BLANK),
        Rule("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gpu.engine.active", blank=_BLANK),
        Rule("DCGM_FI_PROF_SM_ACTIVE", "gpu.sm.active", blank=_BLANK),
        Rule("DCGM_FI_PROF_SM_OCCUPANCY", "gpu.sm.occupancy", blank=_BLANK),
        Rule("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gpu.tensor.active", blank=_BLANK),
        Rule("DCGM_FI_PROF_DRAM_ACTIVE", "gpu.dram.active", blank=_BLANK),
        Rule("DCGM_FI_PROF_PCIE_TX_BYTES", "gpu.pcie.sent", blank=_BLANK_64),
        Rule("DCGM_FI_PROF_PCIE_RX_BYTES", "gpu.pcie.received", blank=_BLANK_64),
        Rule("DCGM_FI_PROF_NVLINK_TX_BYTES", "gpu.nvlink.sent", blank=_BLANK_64),
        Rule("DCGM_FI_PROF_NVLINK_RX_BYTES", "gpu.nvlink.received", blank=_BLANK_64),
        Rule("DCGM_FI_DEV_FB_USED", "gpu.memory.used", MIB, blank=_BLANK),
        Rule("DCGM_FI_DEV_FB_FREE", "gpu.memory.free", MIB, blank=_BLANK),
        Rule("DCGM_FI_DEV_FB_TOTAL", "gpu.memory.total", MIB, blank=_BLANK),
        Rule("DCGM_FI_DEV_GPU_TEMP", "gpu.temperature", blank=_BLANK),
        Rule("DCGM_FI_DEV_MEMORY_TEMP", "gpu.memory.temperature", blank=_BLANK),
        Rule("DCGM_FI_DEV_POWER_USAGE", "gpu.power", blank=_BLANK),
        Rule("DCGM_FI_DEV_ENFORCED_POWER_LIMIT", "gpu.power.limit", blank=_BLANK),
        Rule("DCGM_FI_DEV_POWER_MGMT_LIMIT", "gpu.power.limit", blank=_BLANK),
        Rule("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "gpu.energy", 0.001, blank=_BLANK_64),
        Rule("DCGM_FI_DEV_SM_CLOCK", "gpu.clock.sm", MHZ, blank=_BLANK),
        Rule("DCGM_FI_DEV_MEM_CLOCK", "gpu.clock.memory", MHZ, blank=_BLANK),
        Rule("DCGM_FI_DEV_XID_ERRORS", "gpu.xid", blank=_BLANK),
    ),
    # A part of a GPU (MIG) is a device of its own.
    labels={"Hostname": "host", "gpu": "device", "GPU_I_ID": "part", "modelName": "modelName"},
    device="gpu",
    passed=("DCGM_",),
)
