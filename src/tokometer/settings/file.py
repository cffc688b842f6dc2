"""The settings' file: `tokometer.toml` in the data folder. `tokometer.settings.sections` lists what it may say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tokometer.host.regular import read_text
from tokometer.host.toml import NotToml, parse
from tokometer.settings import judging
from tokometer.settings.accounts import read_accounts
from tokometer.settings.alerts import read_alerts
from tokometer.settings.embedding import read_embedding
from tokometer.settings.errors import SettingsError
from tokometer.settings.labelling import read_dimensions, read_labels
from tokometer.settings.notifying import read_channels, read_notifications
from tokometer.settings.outcomes import read_outcomes
from tokometer.settings.parts import Settings
from tokometer.settings.polling import read_targets
from tokometer.settings.reader import Reader
from tokometer.settings.targets import Breaker
from tokometer.settings.webhooks import read_webhooks

FILE_NAME: Final = "tokometer.toml"
#: What stands in the file at its first level.
SECTION_NAMES: Final = (
    "labels",
    "dimension",
    "slo",
    "breaker",
    "health",
    "budget",
    "rate_card",
    "device",
    "model",
    "thresholds",
    "refresh",
    "target",
    "webhook",
    "outcomes",
    "accounts",
    "alert",
    "embed",
    "notifications",
    "channel",
)


def read_settings(path: Path) -> Settings:
    """The settings in the file at `path`; all of them as they are by themselves where there is no file.

    Names of dimensions in rules are looked up later, where dimensions are known (`tokometer.measures.made`).

    Raises:
        SettingsError: The file cannot be read, is not TOML, or says something that cannot be settled.
    """
    try:
        text = read_text(path)
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise SettingsError(path, "", f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(path, "", f"is not UTF-8 text (byte {error.start})") from error
    try:
        content = parse(text)
    except NotToml as error:
        raise SettingsError(path, error.key, str(error) if error.key else f"is not TOML: {error}") from error
    return settings_of(path, content)


def settings_of(path: Path, content: Mapping[str, Any]) -> Settings:
    """The settings that a parsed file says, numbers with a point as Decimal; `path` is named in errors.

    Raises:
        SettingsError: It says something that cannot be settled.
    """
    reader = Reader(path)
    reader.only("", content, SECTION_NAMES)

    def table(name: str) -> Mapping[str, Any]:
        return reader.table(name, content.get(name, {}))

    slo, overrides = judging.read_slo(reader, table("slo"))
    return Settings(
        labels=read_labels(reader, table("labels")),
        dimensions=read_dimensions(reader, table("dimension")),
        slo=slo,
        slo_overrides=overrides,
        breaker=reader.section(Breaker, "breaker", table("breaker")),
        health=judging.read_health(reader, table("health")),
        budget=judging.read_budget(reader, table("budget")),
        rate_cards=judging.read_rate_cards(reader, content.get("rate_card", [])),
        devices=judging.read_devices(reader, content.get("device", [])),
        models=judging.read_models(reader, content.get("model", [])),
        thresholds=judging.read_thresholds(reader, table("thresholds")),
        refresh=judging.read_refresh(reader, table("refresh")),
        targets=read_targets(reader, content.get("target", [])),
        webhooks=read_webhooks(reader, content.get("webhook", [])),
        outcomes=read_outcomes(reader, table("outcomes")),
        accounts=read_accounts(reader, table("accounts")),
        alerts=read_alerts(reader, content.get("alert", [])),
        embed=read_embedding(reader, table("embed")),
        notifications=read_notifications(reader, table("notifications")),
        channels=read_channels(reader, content.get("channel", [])),
        given=frozenset(reader.given),
    )
