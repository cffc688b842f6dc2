"""OpenRouter: generations that were looked up or exported, its account's activity, credits and keys.

What its broadcast sends is OpenTelemetry, which `sources.otlp` reads. May import `records` and other sources' machinery
only.
"""
