"""What must not be kept: keys, tokens and passwords, by one declared list of rules.

Used on every text that comes from outside, before it is kept, logged or shown.
"""

from tokometer.records.redaction.held import Held, forms_of, without_held
from tokometer.records.redaction.masking import BEYOND, RULES, holding_secrets, masked, redacted
from tokometer.records.redaction.named import names_a_secret
from tokometer.records.redaction.rule import MASK, Rule

__all__ = [
    "BEYOND",
    "MASK",
    "RULES",
    "Held",
    "Rule",
    "forms_of",
    "holding_secrets",
    "masked",
    "names_a_secret",
    "redacted",
    "without_held",
]
