"""Moonshot AI (Kimi): what is left of an account; it has no API for usage or bills."""
