"""Channels in `tokometer.toml`: what they are told, and that an address never stands there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tokometer.settings import SettingsError
from tokometer.settings.file import settings_of
from tokometer.settings.notifying import ChannelSettings

PATH = Path("tokometer.toml")
SECRET = "T1JJ3T3L2/TIiajkdnlazkcOXrIdevi7"


def test_says_what_a_channel_is_told() -> None:
    """All keys of a channel, and those that it leaves out."""
    whole = {
        "title": "On call",
        "url_env": "ON_CALL",
        "least": "critical",
        "rules": ["Spent"],
        "resolved": False,
        "acknowledged": True,
        "most_an_hour": 5,
        "subject": "{title}",
        "body": "{words}",
    }
    found = settings_of(PATH, {"channel": [whole, {"title": "Chat", "url_env": "CHAT"}]})
    assert found.channels == (
        ChannelSettings(**(whole | {"rules": ("Spent",)})),
        ChannelSettings(title="Chat", url_env="CHAT"),
    )


@pytest.mark.parametrize(
    ("channel", "key"),
    [
        ({"title": "x"}, "channel[1].url_env"),
        ({"url_env": "X"}, "channel[1].title"),
        ({"title": "x", "url_env": f"slack://{SECRET}"}, "channel[1].url_env"),
        ({"title": "x", "url_env": "X", "least": "dire"}, "channel[1].least"),
        ({"title": "x", "url_env": "X", "most_an_hour": 0}, "channel[1].most_an_hour"),
        ({"title": "x", "url_env": "X", "resolved": "yes"}, "channel[1].resolved"),
        ({"title": "x", "url_env": "X", "rules": "all"}, "channel[1].rules"),
        ({"title": "x", "url_env": "X", "url": f"slack://{SECRET}"}, "channel[1].url"),
    ],
)
def test_refuses_what_means_nothing(channel: dict[str, Any], key: str) -> None:
    """The key is named, and an address that stands where a variable belongs is not quoted."""
    with pytest.raises(SettingsError) as error:
        settings_of(PATH, {"channel": [channel]})
    assert error.value.key == key
    assert SECRET not in str(error.value)


def test_two_channels_have_two_titles() -> None:
    """A channel's title is what tells it from others."""
    with pytest.raises(SettingsError, match="another channel"):
        settings_of(PATH, {"channel": [{"title": "x", "url_env": "X"}, {"title": "x", "url_env": "Y"}]})


@pytest.mark.parametrize("url", ["usage.example.com", "ftp://x", "https://x/?a=1", "https://[x"])
def test_links_begin_with_an_address(url: str) -> None:
    """What links begin with is an http(s) address; a slash at its end is no matter."""
    with pytest.raises(SettingsError):
        settings_of(PATH, {"notifications": {"url": url}})
    assert settings_of(PATH, {"notifications": {"url": "https://x/y/"}}).notifications.url == "https://x/y"
