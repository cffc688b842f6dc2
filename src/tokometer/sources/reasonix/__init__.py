"""Reasonix, a coding agent for DeepSeek: its statistics."""
