"""Secrets in free text are masked, and nothing else is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.records.redaction import (
    MASK,
    RULES,
    Held,
    Rule,
    holding_secrets,
    masked,
    names_a_secret,
    redacted,
    without_held,
)
from tokometer.records.redaction.held import HELD
from tokometer.records.texts import mend
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
        ('"password": "correct horse battery"', '"password": "…"'),
        ("api_key='abcdefgh' and more", "api_key='…' and more"),
        ("DB_PASSWORD=hunter2\nDB_HOST=db", "DB_PASSWORD=…\nDB_HOST=db"),
        ("OPENAI_API_KEY: abcdefgh", "OPENAI_API_KEY: …"),
        ("apiKey=abcdefgh;clientSecret=ijklmnop", "apiKey=…;clientSecret=…"),
        ("tool --token abcdefgh1 --verbose", "tool --token … --verbose"),
        ("Set-Cookie: a=b; HttpOnly\nX: y", "Set-Cookie: …\nX: y"),
        ("redis://:hunter22@cache:6379/0", "redis://…@cache:6379/0"),
        ("Unexpected token: <!DOCTYPE html>", "Unexpected token: <!DOCTYPE html>"),
        ("eos_token: </s>, max_token=4096", "eos_token: </s>, max_token=4096"),
        ("PWD=/home/anna/project", "PWD=/home/anna/project"),
        ("bearer authentication is required", "bearer authentication is required"),
        ("Basic authentication failed", "Basic authentication failed"),
        ("password: null, secret: none", "password: null, secret: none"),
        ("a task-force-for-2024-planning-of-desks", "a task-force-for-2024-planning-of-desks"),
    ],
)
def test_what_is_said_to_be_a_secret_is_masked_and_nothing_else(text: str, kept: str) -> None:
    """Names of headers and fields give it away; counts of tokens, addresses and sentences are none."""
    assert redacted(text, 500) == kept


def test_a_secret_at_the_cut_is_masked() -> None:
    """Its first half alone would not look like one."""
    assert "abcdefghij" not in mend(message("x" * 480 + " " + SECRETS[0]), "message")


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
    assert len(mend(long_text(attack), "long")) <= MAX_LONG_TEXT


def test_a_body_may_be_json() -> None:
    """It is kept as text, its secrets masked."""
    assert mend(long_text({"model": "m", "api_key": "abcdefgh", "n": [1, None]}), "long") == (
        '{"model": "m", "api_key": "…", "n": [1, null]}'
    )
    assert long_text(None) == ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("around", ["{}", "a {} b", '{{"text":"{}"}}', "say\\n{}\\n", "x={};y=1"])
def test_every_rule_masks_its_example_and_leaves_what_stands_around_it(rule: Rule, around: str) -> None:
    """Wherever it stands; twice is once."""
    before, secret, after = rule.example
    text = around.format(before + secret + after)
    left = masked(text, prose=True)
    assert not any(secret[at : at + 8] in left for at in range(max(1, len(secret) - 8)))
    assert masked(left, prose=True) == left
    assert text in holding_secrets([text, "nothing"], prose=True)
    if not rule.prose:
        assert masked(text) != text


def test_rules_have_needles_and_names_of_their_own() -> None:
    """The needles decide at which rules a text is looked at."""
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.needles
        assert not rule.any_case or all(needle == needle.lower() for needle in rule.needles)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.one_of(st.sampled_from(["".join(rule.example) for rule in RULES]), st.text(max_size=20)),
        min_size=1,
        max_size=4,
    )
)
def test_masking_twice_is_masking_once(parts: list[str]) -> None:
    """Whatever stands beside each other."""
    once = masked(" ".join(parts), prose=True)
    assert masked(once, prose=True) == once


ATTACKS = sorted({needle for rule in RULES for needle in rule.needles} | {"a", "0", " ", '"', "=", ": ", "\\", "eyJa."})
#: What nobody waits for: seconds of the processor for 100,000 characters, 30 times what a busy machine takes.
PATIENCE = 6


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_pattern_is_linear(attack: str) -> None:
    """What it looks for again and again, alone and before what it does not expect."""
    started = time.process_time()
    for text in (attack * (50_000 // len(attack)), (attack + "x") * (50_000 // (len(attack) + 1))):
        masked(text, prose=True)
    assert time.process_time() - started < PATIENCE


def test_no_megabyte_takes_long() -> None:
    """Of a text of any size as much is looked at as may be kept."""
    started = time.process_time()
    for attack in ATTACKS:
        for of in ("name", "id", "message", "label"):
            mend(attack * (1_000_000 // len(attack)), of)
    assert time.process_time() - started < PATIENCE * 5


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *((name, True) for name in ("api_key", "x-api-key", "apiKey", "OPENAI_API_KEY", "password", "client.secret")),
        *((name, True) for name in ("Authorization", "cookie", "access_token", "token", "user.credentials")),
        *((name, False) for name in ("tokens", "max_tokens", "key", "keyboard", "secretary", "model", "team")),
    ],
)
def test_names_give_away_what_is_a_secret(name: str, *, secret: bool) -> None:
    """A label or a field of such a name is masked whatever it looks like."""
    assert names_a_secret(name) is secret


@pytest.mark.parametrize(
    ("secret", "quoted"),
    [
        ("plum'4/7+8&\\", "plum'4/7+8&\\"),
        ("plum'4/7+8&\\", "?key=plum%274%2F7%2B8%26%5C"),
        ("plum'4/7+8&\\", repr(["plum'4/7+8&\\"])),
        ("plum'4/7+8&\\", '{"key": "plum\'4/7+8&\\\\"}'),
        ("plum4plum", "Basic cGx1bTRwbHVtOg=="),
        ("ada:plum4plum", "signed with plum4plum"),
        ('{"client_email": "a@b", "private_key": "plum4plum\\nplum5plum\\n"}', "a line of it: plum5plum"),
    ],
)
def test_what_is_held_is_left_out(secret: str, quoted: str) -> None:
    """In each form, for as long as it is held and by whoever else holds it, too."""
    with Held(secret) as first, Held(secret):
        said = without_held(quoted)
        assert "plum" not in said
        assert HELD in said
        first.release()
        assert without_held(quoted) == said
    assert without_held(quoted) == quoted


def test_what_is_no_secret_of_what_is_held_stays() -> None:
    """The name before a password, fields of a document that are none, and words that are too short to be secrets."""
    document = '{"client_email": "ada@example.com", "project_id": "project-one", "private_key": "plum4plum"}'
    with Held("ada@example.com:plum4plum", document, "plum"):
        said = "ada@example.com may not read project-one of plum"
        assert without_held(said) == said
