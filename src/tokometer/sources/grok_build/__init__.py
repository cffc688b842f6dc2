"""Grok Build, xAI's coding agent: the updates of its sessions."""
