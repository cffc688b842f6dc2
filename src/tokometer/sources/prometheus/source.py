"""Prometheus exporters: inference servers, gateways, GPUs, machines."""

from __future__ import annotations

from typing import Final

from tokometer.sources.prometheus.remote_write import RemoteWrite
from tokometer.sources.prometheus.scrape import SOURCE as NAME
from tokometer.sources.prometheus.scrape import Scrape
from tokometer.sources.protocol import Source

SOURCE: Final = Source(
    name=NAME,
    title="Prometheus",
    family="servers",
    about="Readings of inference servers (vLLM, SGLang, TGI, llama.cpp), gateways, GPUs and machines.",
    pushed=(RemoteWrite("/api/v1/write"), RemoteWrite("/api/prom/push")),
    polled=Scrape(),
    recipe=lambda url: f"# prometheus.yml\nremote_write:\n  - url: {url}/api/v1/write\n",
)
