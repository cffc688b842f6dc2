"""Accounts with providers of a running server: what syncs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokometer.collect.syncing import Syncing
from tokometer.host.secrets import Vault

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime


def syncing_of(runtime: Runtime, workspace: str) -> Syncing:
    """What syncs the accounts of a workspace. Begins with :meth:`Syncing.start`."""

    def changed() -> None:
        runtime.broadcaster.publish({"accounts"})

    return Syncing(
        runtime.writer,
        runtime.ledger,
        runtime.accounts,
        Vault(runtime.data, runtime.env),
        runtime.env,
        changed,
        workspace=workspace,
    )
