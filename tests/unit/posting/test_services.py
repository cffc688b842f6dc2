"""Addresses are taken, shown and removed from texts without any of their secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.posting.services import SERVICES, AddressError, as_webhook, check, shown, title_of, without


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("slack://T123/B456/secret", "slack://…"),
        ("tgram://123:secret/456", "tgram://…"),
        ("mailtos://me:secret@smtp.example.com:587?to=a@b.c", "mailtos://smtp.example.com:587/…"),
        ("https://hooks.example.com/secret?key=secret", "https://hooks.example.com/…"),
        ("jsons://user:secret@hooks.example.com/x", "jsons://hooks.example.com/…"),
        ("unheard://secret", "unheard://…"),
        ("secret", "…"),
        ("json://[secret", "json://…"),
    ],
)
def test_shows_no_secret(address: str, expected: str) -> None:
    """Of an address its scheme is shown, and the host where its service has one."""
    assert shown(address) == expected


def test_names_its_service() -> None:
    """Every service is named by its scheme, and what is none of them by the scheme itself."""
    assert title_of("slack://…") == "Slack"
    assert title_of("https://example.com/…") == "Webhook"
    assert title_of("other://…") == "other"
    assert len({scheme for one in SERVICES for scheme in one.schemes}) == sum(len(one.schemes) for one in SERVICES)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "no address",
        "json://host/a b",
        "json://ho\nst/",
        "syslog://x",
        "dbus://",
        "file:///etc/passwd",
        "mailto://a:b@c?pgpkey=/etc/passwd",
        "slack://a/b/c?template=/etc/passwd",
        "slack://a/b/c?x=1&TEMPLATE=/etc/passwd",
        "slack://a/b/c?x=1;template=/etc/passwd",
        "slack://a/b/c?%74emplate=/etc/passwd",
        "slack://a/b/c?%20template+=/etc/passwd",
        "slack://a/b/c?x=1&amp;template=/etc/passwd",
        "https://hooks.slack.com/services/A/B/C?template=/etc/passwd",
        "json://" + "x" * 5_000,
    ],
)
def test_refuses_on_a_page(address: str) -> None:
    """What is no address, is of a service that acts on this machine, or names a file, is not taken from a page."""
    with pytest.raises(AddressError) as error:
        check(address, from_page=True)
    assert "passwd" not in str(error.value)


@given(
    st.text(st.sampled_from("aeTmpl%7420+?&;= /"), max_size=30), st.sampled_from(["&", ";", "?", "&amp;", "&%20", "&+"])
)
def test_no_address_of_a_page_reads_a_file(before: str, sign: str) -> None:
    """Whatever stands before a parameter that names a file, it is seen as Apprise sees it."""
    with pytest.raises(AddressError):
        check(f"slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7/?{before}{sign}template=/etc/passwd", from_page=True)


def test_the_settings_may_name_any_service() -> None:
    """Whoever writes tokometer.toml is at home on this machine."""
    assert check("syslog://x", from_page=False) == "syslog://x"


def test_a_webhook_keeps_its_parameters() -> None:
    """An https address of no service is posted JSON to, with its parameters."""
    assert as_webhook("https://h.example/p/q?a=1&b=%26") == "jsons://h.example/p/q?-a=1&-b=%26"
    assert as_webhook("http://h.example:81/p") == "json://h.example:81/p"


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=40))
def test_a_text_loses_all_of_an_address(secret: str) -> None:
    """An error that quotes a path, a key or the whole address says none of it."""
    address = f"json://user:{secret}@host.example/{secret}?key={secret}"
    said = without(f"cannot post to {address}: /{secret} refused {secret!r} at host.example", address)
    assert secret not in said or secret.lower() in "cannot post to refused at host.example json"
