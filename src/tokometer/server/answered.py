"""What people answered to advice, for the panels that show it."""

from __future__ import annotations

from collections.abc import Sequence

from tokometer.accounts import AccountsError, Answer
from tokometer.server.runtime import WORKSPACES, Runtime


def answers_of(runtime: Runtime) -> Sequence[Answer]:
    """What was answered to advice; nothing where that cannot be read, which every page says."""
    if not runtime.accounts.is_there:
        return ()
    try:
        return runtime.accounts.get().answers.all(WORKSPACES[0])
    except AccountsError as error:
        # Numbers go on without.
        runtime.accounts.trouble = str(error)
        return ()
