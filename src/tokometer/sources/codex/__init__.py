"""OpenAI Codex CLI: the rollouts that it leaves under `$CODEX_HOME`.

Imported by the registry of sources only. What is read, how it is counted and what is not known is written down in
docs/reference/sources-codex.md.
"""

from tokometer.sources.codex.found import FOUND, Codex

__all__ = ["FOUND", "Codex"]
