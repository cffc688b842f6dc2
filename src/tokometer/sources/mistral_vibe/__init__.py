"""Mistral Vibe: what it writes down of each session.

Format: `SessionMetadata` and `AgentStats` of mistralai/mistral-vibe, 1 and 2.
"""
