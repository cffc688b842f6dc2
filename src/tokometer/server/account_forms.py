"""What is said of an account with a provider, understood: its kind's declaration decides what it may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import Invalid, ProviderAccount
from tokometer.accounts.sealing import sealed_for
from tokometer.collect.fetching import address as checked_address
from tokometer.host.secrets import Vault
from tokometer.server import given
from tokometer.server.people import text
from tokometer.sources.protocol import PollError
from tokometer.statements import KINDS, AccountKind

FIELDS: Final = ("type", "title", "address", "options", "key", "variable", "every", "paused")
#: Whoever can open the page could have any other variable sent to an address of their own.
VARIABLES: Final = "TOKOMETER_KEY_"
_VARIABLE: Final = re.compile(rf"{VARIABLES}[A-Z0-9_]{{1,60}}")
#: Keys are short; credentials of a cloud are a document.
_MOST_KEY: Final = 16_000
_LEAST_KEY: Final = 4
_MOST_OPTION: Final = 2_000
_LEAST_EVERY: Final = 300
_MOST_EVERY: Final = 7 * 86_400
_MOST_AMOUNT: Final = Decimal(10) ** 12
#: What makers of keys put before what is secret: `sk-admin-`, `sk-ant-admin01-`, `ghp_`.
_MAKERS: Final = re.compile(r"(?:[a-z]{1,8}\d{0,2}[-_]){1,3}")
_LAST: Final = 4
#: At most so much of a key is shown: one part of three.
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Form:
    """An account as somebody described it."""

    kind: AccountKind
    values: Mapping[str, Any]
    #: The key that was typed; '' where none was.
    key: str


def kind_of(name: object) -> AccountKind:
    """The kind of account that is meant.

    Raises:
        Invalid: There is none of that name.
    """
    found = KINDS.get(name) if isinstance(name, str) else None
    if found is None:
        raise Invalid("type", f"has to be one of {', '.join(sorted(KINDS))}")
    return found


def understood(said: Mapping[str, Any], before: ProviderAccount | None = None) -> Form:
    """What somebody says of an account that is added, or of one that was there `before`.

    Raises:
        Invalid: Something of it is wrong: the field, and what would be right. Nothing of a key is quoted.
    """
    if before is not None and said.get("type", before.type) != before.type:
        raise Invalid("type", "stays what it is: add another account")
    kind = kind_of(before.type if before is not None else said.get("type"))
    values: dict[str, Any] = {}
    if "title" in said or before is None:
        values["title"] = text("title", said.get("title") or kind.title)
    if "address" in said or before is None:
        values["address"] = _address(said.get("address") or "", kind)
    if "options" in said or before is None:
        values["options"] = _options(said.get("options") or {}, kind)
    if "every" in said or before is None:
        values["every"] = _every(said.get("every") or kind.every)
    if "paused" in said:
        values["paused"] = given.switch("paused", said["paused"])
    if said.get("variable") is not None:
        values["variable"] = _variable(said["variable"])
    key = _key(said.get("key") or "", kind)
    if key and values.get("variable"):
        raise Invalid("variable", "is one of two ways: type the key, or name the variable that holds it")
    if key:
        values["variable"] = ""
    _check_key(kind, values, key, before)
    return Form(kind, values, key)


def sealed(form: Form, vault: Vault, before: ProviderAccount | None = None) -> dict[str, Any]:
    """The columns of an account with its key sealed.

    Raises:
        OSError, ValueError: The key that secrets are sealed with cannot be had.
    """
    values = dict(form.values)
    if form.key:
        address, options = _places(values, before)
        purpose = sealed_for(form.kind.name, address, options)
        values |= {"sealed": vault.seal(form.key, purpose), "shown": masked(form.key)}
    elif values.get("variable"):
        values |= {"sealed": "", "shown": ""}
    return values


def masked(key: str) -> str:
    """What is shown of a key, as providers show theirs: `sk-admin-…a1b2`; a third of it at most."""
    if key.lstrip().startswith("{"):
        return "credentials (JSON)"
    found = _MAKERS.match(key)
    first = found.group() if found else ""
    for shown in ((first, key[-_LAST:]), (first, ""), ("", key[-_LAST:])):
        if sum(map(len, shown)) * _PARTS <= len(key) and key.isprintable():
            return "…".join(shown)
    return "…"


def _places(values: Mapping[str, Any], before: ProviderAccount | None) -> tuple[str, Mapping[str, str]]:
    """Where an account is asked, by what is said of it and what was before."""
    was = before or ProviderAccount(type="", title="")
    return values.get("address", was.address), values.get("options", was.options)


def _check_key(kind: AccountKind, values: Mapping[str, Any], key: str, before: ProviderAccount | None) -> None:
    has = bool(key or values.get("variable"))
    if before is None and kind.key is not None and kind.key.needed and not has:
        raise Invalid("key", "is missing: " + (kind.key.help or f"a {kind.key.title.lower()} is asked with"))
    if before is None or has:
        return
    if "variable" in values and before.variable and kind.key is not None and kind.key.needed:
        raise Invalid("key", "is missing, now that no variable holds it")
    at, then = _places(values, before), (before.address, before.options)
    if before.sealed and sealed_for(before.type, *at) != sealed_for(before.type, *then):
        raise Invalid("key", "has to be typed again for another address, so that nobody has it sent elsewhere")


def _key(given: object, kind: AccountKind) -> str:
    if not isinstance(given, str) or len(given) > _MOST_KEY:
        raise Invalid("key", f"has to be text of at most {_MOST_KEY:,} characters")
    key = given.strip()
    if key and kind.key is None:
        raise Invalid("key", f"is not asked for by {kind.title}")
    if key and (len(key) < _LEAST_KEY or not key.isascii()):
        raise Invalid("key", "is no key: it is too short, or has characters that no key has")
    if not key.startswith("{") and any(char <= " " or char == "\x7f" for char in key):
        raise Invalid("key", "has white space in it: copy it again")
    return key


def _address(given: object, kind: AccountKind) -> str:
    address = text("address", given).rstrip("/")
    if not address or address == kind.address.rstrip("/"):
        return ""
    if not address.startswith(("http://", "https://")):
        raise Invalid("address", "has to begin with https:// (or http:// in your own network)")
    try:
        checked_address(address)
    except PollError as error:
        raise Invalid("address", str(error)) from None
    return address


def _options(given: object, kind: AccountKind) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise Invalid("options", "has to be an object")
    known = {one.name: one for one in kind.options}
    found = {}
    for name, value in given.items():
        field = f"options.{str(name)[:40]}"
        if name not in known:
            raise Invalid(field, f"is not known; known are {', '.join(known) or 'none'}")
        told = text(field, value)
        if len(told) > _MOST_OPTION:
            raise Invalid(field, f"is longer than {_MOST_OPTION:,} characters")
        if told and known[name].choices and told not in known[name].choices:
            raise Invalid(field, f"has to be one of {', '.join(known[name].choices)}")
        if told:
            found[str(name)] = told
    for one in kind.options:
        if one.needed and not (found.get(one.name) or one.default):
            raise Invalid(f"options.{one.name}", "is missing" + (f": {one.help}" if one.help else ""))
    return found


def _every(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not _LEAST_EVERY <= given <= _MOST_EVERY:
        raise Invalid("every", f"has to be seconds, {_LEAST_EVERY} (5 minutes) to {_MOST_EVERY:,} (a week)")
    return given


def _variable(given: object) -> str:
    name = text("variable", given)
    if name and not _VARIABLE.fullmatch(name):
        raise Invalid("variable", f"has to begin with {VARIABLES}: {VARIABLES}OPENAI")
    return name


# -- top-ups -----------------------------------------------------------------------------------------------------------

TOP_UP_FIELDS: Final = ("at", "amount", "counted", "unit", "note")
_UNIT: Final = re.compile(r"[A-Za-z]{1,10}")


def top_up_of(said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What somebody says of a top-up, understood.

    Raises:
        Invalid: Something of it is wrong.
    """
    found: dict[str, Any] = {}
    if "amount" in said:
        # What was taken out or has expired is negative.
        found["amount"] = given.amount("amount", said["amount"], _MOST_AMOUNT, least=-_MOST_AMOUNT, what="an amount")
    if "at" in said:
        found["at"] = given.moment("at", said["at"], UTC)
        if found["at"] > now:
            raise Invalid("at", "is in the future")
    if "unit" in said:
        found["unit"] = text("unit", said["unit"]) or "USD"
        if not _UNIT.fullmatch(found["unit"]):
            raise Invalid("unit", "has to be a currency, or what is counted: USD, EUR, credits")
    if "note" in said:
        found["note"] = text("note", said["note"])
    if "counted" in said:
        found["counted"] = given.switch("counted", said["counted"])
    return found
