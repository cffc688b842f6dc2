"""The conditions that a rule can have: one declaration each (`declare`), in the order in which they are offered."""

from tokometer.alerting.conditions import balanced, measured, money, operated

__all__ = ["balanced", "measured", "money", "operated"]
