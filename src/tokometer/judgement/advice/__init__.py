"""Advice: what the same work would have cost otherwise, and what says that it could have been done so.

Each rule is one declaration: its name, what it assumes, how it is done, and a pure function of what was measured. It
speaks only where the user's own calls give evidence, and says what the evidence does not cover: nothing here reads an
answer, so nothing here knows how good it was. May be imported by :mod:`tokometer.judgement.catalogue`.
"""

from tokometer.judgement.advice import failures, idle, models, prompts, when
from tokometer.judgement.advice.evidence import Evidence
from tokometer.judgement.advice.judged import ADVICE, DO_NOT_ADD_UP
from tokometer.judgement.advice.rule import RULES, Rule, piece, rule

__all__ = [
    "ADVICE",
    "DO_NOT_ADD_UP",
    "RULES",
    "Evidence",
    "Rule",
    "failures",
    "idle",
    "models",
    "piece",
    "prompts",
    "rule",
    "when",
]
