"""Secrets in free text are masked, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.records.redaction import MASK, redacted
from tokometer.records.values import MAX_LONG_TEXT, long_text, message

# Put together here, so that no scanner takes this file for a leak.
SECRETS = (
    "sk-" + "proj-abcdefghij0123456789",
    "ghp_" + "abcdefghij0123456789abcdefghij012345",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "key={} in use", '{{"text": "{}"}}', "https://host/?k={}&x=1"])
def test_what_looks_like_a_secret_is_masked(secret: str, around: str) -> None:
    """Wherever it stands."""
    found = redacted(around.format(secret), 500)
    assert secret not in found
    assert secret[8:-4] not in found
    assert MASK in found


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer …"),
        ('{"api_key": "abcdefgh", "model": "gpt-4o"}', '{"api_key": "…", "model": "gpt-4o"}'),
        ('{\\"password\\":\\"hunter22\\"}', '{\\"password\\":\\"…\\"}'),
        ("x-api-key=abcdefgh&model=m", "x-api-key=…&model=m"),
        ("AWS_SECRET_ACCESS_KEY is not set", "AWS_SECRET_ACCESS_KEY is not set"),
        ("postgres://anna:hunter22@db/app", "postgres://…@db/app"),
        ("client_secret: abcdefgh", "client_secret: …"),
        ("Incorrect API key provided: sk-ab*** of sess-1234", "Incorrect API key provided: … of …"),
        ("max_tokens: 500000, input_tokens=123456", "max_tokens: 500000, input_tokens=123456"),
        ("The API key is not valid", "The API key is not valid"),
        ("http://127.0.0.1:7420/usage", "http://127.0.0.1:7420/usage"),
        ("token 12 of 40, session s-1", "token 12 of 40, session s-1"),
    ],
)
def test_what_is_said_to_be_a_secret_is_masked_and_nothing_else(text: str, kept: str) -> None:
    """Names of headers and fields give it away; counts of tokens, addresses and sentences are none."""
    assert redacted(text, 500) == kept


def test_a_secret_at_the_cut_is_masked() -> None:
    """Its first half alone would not look like one."""
    assert "abcdefghij" not in message("x" * 480 + " " + SECRETS[0])


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(1, 50))
def test_any_text_comes_out_clean_and_short(text: str, most: int) -> None:
    """No NUL, no half of a character, no more than asked for."""
    found = redacted(text + "\ud83d\0", most)
    assert len(found) <= most
    assert "\0" not in found
    found.encode()


@pytest.mark.parametrize(
    "attack", ["a" * 40_000, "://" * 12_000, "key=" * 9_000, "-----BEGIN PRIVATE KEY-----" * 1_200]
)
def test_no_text_takes_long(attack: str) -> None:
    """However it is made up, a stack trace is read once."""
    assert len(long_text(attack)) <= MAX_LONG_TEXT


def test_a_body_may_be_json() -> None:
    """It is kept as text, its secrets masked."""
    assert long_text({"model": "m", "api_key": "abcdefgh", "n": [1, None]}) == (
        '{"model": "m", "api_key": "…", "n": [1, null]}'
    )
    assert long_text(None) == ""
