"""Kimi CLI and Kimi Code: what went over the wire between the agent and its screen, a line each.

Formats: `wire.jsonl` of MoonshotAI/kimi-cli (protocol 1.x), and of Kimi Code as ccusage and tokscale read it.
"""
