"""Accounts with providers, as values: what is asked with which key, how it stands, what each run of asking came to.

Secrets are sealed (:class:`tokometer.host.secrets.Vault`) before they come here. Money is Decimal, times are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from tokometer.accounts.values import Made


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAccount(Made):
    """Something that a provider is asked with: an organisation with its key, a folder with its bills."""

    #: Of the record of changes; which provider's it is says `type`.
    kind: ClassVar[str] = "account"
    texts: ClassVar[Mapping[str, int]] = {"type": 40, "title": 80, "address": 400, "variable": 80}
    needed: ClassVar[tuple[str, ...]] = ("type", "title")
    hidden: ClassVar[tuple[str, ...]] = ("sealed",)
    most: ClassVar[int] = 500

    #: Which of `tokometer.statements.KINDS` it is: `openai`, `focus`.
    type: str
    #: Unique; what people call it, and the `account` of its records.
    title: str
    #: Where it is asked; empty: where its provider is.
    address: str = ""
    #: What else its kind has to know, by the names of the kind's options.
    options: Mapping[str, str] = field(default_factory=dict)
    #: Its key, sealed for its type and address (:func:`tokometer.accounts.sealing.sealed_for`); empty where it has
    #: none. Never shown, never in the record of changes.
    sealed: str = ""
    #: What is shown of the key: `sk-admin-…a1b2`.
    shown: str = ""
    #: The variable of the environment that holds the key instead, or ''.
    variable: str = ""
    #: Seconds between two syncs.
    every: int = 3_600
    paused: bool = False
    revision: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """How an account stands; kept by whoever syncs, one process at a time."""

    account: str
    workspace: str = "default"
    #: When a sync last ended well, and when the next one is due.
    synced: datetime | None = None
    due: datetime | None = None
    #: Why the last one did not end well, without anything secret; '' where it did. Since when, how often in a row.
    error: str = ""
    failing_since: datetime | None = None
    failures: int = 0
    #: Nothing is asked until then: too many failures in a row, or its provider said so.
    held_until: datetime | None = None
    #: What is left, where the provider says; in which unit (`USD`, `CNY`, `credits`), and when it was told.
    balance: Decimal | None = None
    balance_unit: str = ""
    balance_at: datetime | None = None
    #: What else its provider said of it, for people: a plan, limits, members.
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: Up to when each of its reports is known, by its name.
    known: Mapping[str, str] = field(default_factory=dict)
    #: Who syncs it now, and until when nobody else may: a process that is gone loses it then.
    holder: str = ""
    holder_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One time that an account was synced."""

    number: int = 0
    workspace: str = "default"
    account: str
    #: `schedule`, `request`, `test` or `upload`.
    trigger: str = "schedule"
    #: `running`, `done`, `partly` (some report failed), `failed`, `broken_off` or `cancelled`.
    state: str = "running"
    began: datetime
    ended: datetime | None = None
    #: Portions (days, files) that were to be read, and that were.
    portions: int = 0
    done: int = 0
    #: Lines that were new, other than before, gone, the same, refused.
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    same: int = 0
    refused: int = 0
    #: Questions to the provider, and how many of them were tried again.
    requests: int = 0
    retries: int = 0
    error: str = ""
    #: By report: what came of it.
    reports: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a provider stated of a line before it stated something else."""

    number: int = 0
    workspace: str = "default"
    account: str
    #: The kind of record (`bills`, `reported`), and its native id there.
    record: str
    native_id: str
    #: When it was replaced.
    replaced: datetime
    #: The fields that changed, as they were and as they are.
    was: Mapping[str, Any]
    became: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp(Made):
    """Money or credits that somebody put into an account whose provider does not tell its balance."""

    kind: ClassVar[str] = "top_up"
    texts: ClassVar[Mapping[str, int]] = {"account": 32, "unit": 10, "note": 400}
    needed: ClassVar[tuple[str, ...]] = ("account",)
    most: ClassVar[int] = 10_000

    #: The account's id.
    account: str
    at: datetime
    #: Negative: taken out, or expired. With `counted` true it is what was left at that time, as somebody read it.
    amount: Decimal
    counted: bool = False
    unit: str = "USD"
    note: str = ""
    revision: int = 1
