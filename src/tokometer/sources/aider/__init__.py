"""Aider: the log of its analytics, a line for every event.

Format: `aider/analytics.py` and the event `message_send` of Aider-AI/aider.
"""
