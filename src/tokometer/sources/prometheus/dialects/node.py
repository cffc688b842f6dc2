"""Prometheus' node exporter: of its hundreds, what says how a machine is doing."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.dialects.dialect import Dialect, Rule

DIALECT: Final = Dialect(
    "node",
    "node exporter",
    (
        Rule("node_boot_time_seconds", "system.uptime", since=True),
        Rule("node_cpu_seconds_total", "system.cpu.time", keep={"mode": "mode"}),
        Rule("node_load1", "system.load"),
        Rule("node_memory_MemTotal_bytes", "system.memory.total"),
        Rule("node_memory_total_bytes", "system.memory.total"),
        Rule("node_memory_MemAvailable_bytes", "system.memory.available"),
        Rule("node_filesystem_size_bytes", "system.disk.total", keep={"mountpoint": "mountpoint"}),
        Rule("node_filesystem_avail_bytes", "system.disk.available", keep={"mountpoint": "mountpoint"}),
        Rule("node_network_receive_bytes_total", "system.network.received"),
        Rule("node_network_transmit_bytes_total", "system.network.sent"),
    ),
    passed=("node_",),
)
