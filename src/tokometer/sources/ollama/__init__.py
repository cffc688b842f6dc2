"""Ollama: which models it has on its disk and in memory. It keeps no history: a proxy does."""
