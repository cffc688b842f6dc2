"""Ollama on a machine of one's own: that it is there, and what it holds; it bills nothing and keeps no history."""
