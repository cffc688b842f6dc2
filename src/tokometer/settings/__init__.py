"""What people settle in `tokometer.toml`: labels, rules, objectives, budgets, thresholds, facts of machines.

Knows nothing of where it is used. Imported by whoever opens a data folder.
"""

from tokometer.settings.errors import SettingsError
from tokometer.settings.file import FILE_NAME, read_settings
from tokometer.settings.kept import KeptSettings
from tokometer.settings.machines import Device, ModelFacts
from tokometer.settings.money import Budget, BudgetLine, BudgetOf, RateCard
from tokometer.settings.own_targets import OwnTargets
from tokometer.settings.parts import Declared, LabelSettings, Rule, Settings
from tokometer.settings.polling import TargetSettings
from tokometer.settings.targets import Breaker, Health, Slo, SloOverride, Thresholds
from tokometer.settings.webhooks import WebhookSettings

__all__ = [
    "FILE_NAME",
    "Breaker",
    "Budget",
    "BudgetLine",
    "BudgetOf",
    "Declared",
    "Device",
    "Health",
    "KeptSettings",
    "LabelSettings",
    "ModelFacts",
    "OwnTargets",
    "RateCard",
    "Rule",
    "Settings",
    "SettingsError",
    "Slo",
    "SloOverride",
    "TargetSettings",
    "Thresholds",
    "WebhookSettings",
    "read_settings",
]
