"""Anthropic: an organisation's usage, costs and Claude Code's analytics, asked with an admin key."""
