"""The conditions that a rule can have: one declaration each (`declare`), in the order in which they are offered."""

from tokometer.alerting.conditions import measured, operated

__all__ = ["measured", "operated"]
