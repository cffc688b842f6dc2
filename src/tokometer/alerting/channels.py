"""Channels: where somebody is told, what each wants to be told, and where its address is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from tokometer.accounts import Alert, Channel, Invalid
from tokometer.accounts.decided import SEALED_AS
from tokometer.alerting.messages import check_template
from tokometer.alerting.rule import SEVERITIES
from tokometer.host.secrets import SecretLost, Vault
from tokometer.posting import services
from tokometer.settings import Settings
from tokometer.settings.notifying import MOST_AN_HOUR, MOST_RULES, ChannelSettings

#: Ids of channels that stand in the settings begin with it.
FILE: Final = "file:"
_ID_BYTES: Final = 10
_MOST_TITLE: Final = 120
_MOST_TEMPLATE: Final = {"subject": 300, "body": 4_000}


class NoAddress(Exception):
    """A channel's address cannot be had; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What a channel is told."""

    #: The least severity.
    least: str = "info"
    #: Ids or titles of rules; of all, where there is none.
    rules: tuple[str, ...] = ()
    #: Whether it is told that something is over, and that somebody sees to it.
    resolved: bool = True
    acknowledged: bool = False
    most_an_hour: int = 30
    #: Templates; '' for ours.
    subject: str = ""
    body: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wants:
        """What somebody says, understood.

        Raises:
            Invalid: Something of it is wrong; the field and why.
        """
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                raise Invalid(f"wants.{str(name)[:40]}", f"is not known; known are {', '.join(known)}")
        return cls(
            least=_word("least", given.get("least", "info"), SEVERITIES),
            rules=_rules(given.get("rules", ())),
            resolved=_switch("resolved", given.get("resolved", True)),
            acknowledged=_switch("acknowledged", given.get("acknowledged", False)),
            most_an_hour=_whole("most_an_hour", given.get("most_an_hour", 30)),
            subject=_template("subject", given.get("subject", "")),
            body=_template("body", given.get("body", "")),
        )

    def told(self) -> dict[str, Any]:
        """As JSON; :meth:`of` gives it back."""
        return asdict(self) | {"rules": list(self.rules)}

    def takes(self, alert: Alert, event: str) -> bool:
        """Whether the channel is told that an alert fired, is resolved or was acknowledged."""
        if (event == "resolved" and not self.resolved) or (event == "acknowledged" and not self.acknowledged):
            return False
        if self.rules and not {alert.rule, alert.title} & set(self.rules):
            return False
        return rank(alert.severity) >= rank(self.least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A channel, wherever it is declared."""

    id: str
    title: str
    workspace: str = "default"
    wants: Wants
    enabled: bool = True
    #: Its address without what is secret; of one in the settings, the variable that holds it.
    shown: str = ""
    origin: Literal["page", "file"] = "page"
    sealed: str = ""
    url_env: str = ""
    revision: int = 0
    #: What of it cannot be used, in words; it is as it is by itself then.
    trouble: str = ""

    @property
    def service(self) -> str:
        """The name of its service."""
        return services.title_of(self.shown) if self.origin == "page" else "tokometer.toml"

    def address(self, vault: Vault, env: Mapping[str, str]) -> str:
        """Its address, for whoever is about to send; to be kept nowhere.

        Raises:
            NoAddress: It cannot be had.
        """
        if self.origin == "page":
            try:
                return vault.unseal(self.sealed, SEALED_AS)
            except SecretLost as error:
                raise NoAddress(f"the address cannot be read: {error}") from None
        url = env.get(self.url_env, "").strip()
        if not url:
            raise NoAddress(f"the variable {self.url_env} is not set: start Tokometer with it")
        try:
            return services.check(url, from_page=False)
        except services.AddressError as error:
            raise NoAddress(f"the variable {self.url_env} {error}") from None


def rank(severity: str) -> int:
    """How grave a severity is; one that is not known is as grave as can be, so that nothing is kept back."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def of_row(row: Channel) -> Listed:
    """A channel that somebody has made. What it wants and is not understood any more is as it is by itself."""
    wants, trouble = Wants(), ""
    try:
        wants = Wants.of(row.wants)
    except Invalid as error:
        trouble = f"{error}: it is told of everything until that is changed"
    return Listed(
        trouble=trouble,
        id=row.id,
        title=row.title,
        workspace=row.workspace,
        wants=wants,
        enabled=row.enabled,
        shown=row.shown,
        sealed=row.sealed,
        revision=row.revision,
    )


def of_file(channel: ChannelSettings, workspace: str) -> Listed:
    """A channel of the settings."""
    digest = hashlib.blake2b(channel.title.encode(), digest_size=_ID_BYTES).hexdigest()
    said = {one.name: getattr(channel, one.name) for one in fields(Wants)}
    trouble = ""
    for name in _MOST_TEMPLATE:
        try:
            check_template(said[name])
        except ValueError as error:
            trouble, said[name] = f"{name} {error}: ours is used", ""
    return Listed(
        trouble=trouble,
        id=f"{FILE}{digest}",
        title=channel.title,
        workspace=workspace,
        wants=Wants(**said),
        shown=f"${channel.url_env}",
        origin="file",
        url_env=channel.url_env,
    )


def listed(rows: Iterable[Channel], settings: Settings, workspace: str) -> list[Listed]:
    """All channels of a workspace: those of the settings, and those that people have made."""
    return [*(of_file(one, workspace) for one in settings.channels), *map(of_row, rows)]


# -- what is said of them ----------------------------------------------------------------------------------------------


def _word(name: str, given: object, words: Sequence[str]) -> str:
    if given not in words:
        raise Invalid(f"wants.{name}", f"has to be one of {', '.join(words)}")
    return str(given)


def _switch(name: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise Invalid(f"wants.{name}", "has to be true or false")
    return given


def _whole(name: str, given: object) -> int:
    if isinstance(given, str) and given.strip().isdecimal():
        given = int(given.strip()[:9])
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_AN_HOUR:
        raise Invalid(f"wants.{name}", f"has to be a whole number from 1 to {MOST_AN_HOUR:,}")
    return given


def _rules(given: object) -> tuple[str, ...]:
    texts = [one for one in given if isinstance(one, str)] if isinstance(given, list | tuple) else None
    wrong = texts is None or len(texts) != len(given)  # type: ignore[arg-type]
    if texts is None or wrong or len(texts) > MOST_RULES or any(len(one) > _MOST_TITLE for one in texts):
        raise Invalid("wants.rules", f"has to be a list of up to {MOST_RULES} ids or titles of rules")
    return tuple(dict.fromkeys(one.strip() for one in texts if one.strip()))


def _template(name: str, given: object) -> str:
    if not isinstance(given, str) or len(given) > _MOST_TEMPLATE[name]:
        raise Invalid(f"wants.{name}", f"has to be text of at most {_MOST_TEMPLATE[name]:,} characters")
    try:
        check_template(given)
    except ValueError as error:
        raise Invalid(f"wants.{name}", str(error)) from None
    return given.strip()
