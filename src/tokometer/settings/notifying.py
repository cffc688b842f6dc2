"""Where somebody is told of alerts: `[[channel]]`, and what the links in messages begin with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from tokometer.settings.keys import Key
from tokometer.settings.reader import MOST_ENTRIES, Reader

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
#: Rules that one channel names at most.
MOST_RULES: Final = 200
#: The most that a channel says in an hour.
MOST_AN_HOUR: Final = 1_000


class NotificationSettings(Struct, frozen=True, kw_only=True):
    """`[notifications]`: what all channels have in common."""

    url: Annotated[
        str,
        Key(
            "the address that links in messages begin with, where others reach this server by another one than it "
            "listens at: `https://usage.example.com`"
        ),
    ] = ""


class ChannelSettings(Struct, frozen=True, kw_only=True):
    """One `[[channel]]`: where somebody is told. Its address is a secret, and stands in a variable."""

    title: Annotated[str, Key("what it is called")]
    url_env: Annotated[str, Key("the environment variable that holds its address, as Apprise writes it")]
    least: Annotated[
        Literal["info", "warning", "critical"], Key("it is told of alerts of this severity and of graver ones")
    ] = "info"
    most_an_hour: Annotated[
        int, Key("what it is told in an hour; what is more comes as one message", least=1, most=MOST_AN_HOUR)
    ] = 30
    subject: Annotated[str, Key("the first line of a message, with words in braces")] = ""
    body: Annotated[str, Key("the text of a message, with words in braces")] = ""
    #: Ids or titles of rules; of all, where there is none.
    rules: tuple[str, ...] = ()
    resolved: bool = True
    acknowledged: bool = False


#: Keys that no field declares.
BESIDE: Final = ("rules", "resolved", "acknowledged")


def read_notifications(reader: Reader, given: object) -> NotificationSettings:
    """`[notifications]`."""
    found = reader.section(NotificationSettings, "notifications", given)
    if found.url:
        try:
            parts = urlsplit(found.url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise reader.error("notifications.url", "has to be an address: https://usage.example.com")
    return NotificationSettings(url=found.url.rstrip("/"))


def read_channels(reader: Reader, given: object) -> tuple[ChannelSettings, ...]:
    """`[[channel]]`."""
    if not isinstance(given, list):
        raise reader.error("channel", "has to be a list of tables: write [[channel]], once for each")
    if len(given) > MOST_ENTRIES:
        raise reader.error("channel", f"at most {MOST_ENTRIES:,}, not {len(given):,}")
    found: dict[str, ChannelSettings] = {}
    for number, one in enumerate(given, start=1):
        at = f"channel[{number}]"
        channel = _channel(reader, at, reader.table(at, one))
        if channel.title in found:
            raise reader.error(f"{at}.title", "is that of another channel as well")
        found[channel.title] = channel
    return tuple(found.values())


def _channel(reader: Reader, at: str, given: Mapping[str, Any]) -> ChannelSettings:
    channel = reader.section(
        ChannelSettings,
        at,
        given,
        beside=BESIDE,
        rules=reader.texts(f"{at}.rules", given.get("rules", []), MOST_RULES),
        resolved=_switch(reader, f"{at}.resolved", given.get("resolved", True)),
        acknowledged=_switch(reader, f"{at}.acknowledged", given.get("acknowledged", False)),
    )
    if not _VARIABLE.fullmatch(channel.url_env):
        raise reader.error(f"{at}.url_env", "has to be the name of a variable, not an address: ON_CALL_CHANNEL")
    return channel


def _switch(reader: Reader, at: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise reader.error(at, "has to be true or false")
    return given
