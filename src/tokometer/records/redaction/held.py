"""Secrets that this process holds just now: nothing that it says of itself has them, whatever they look like.

Rules know what keys look like; a provider may give any. Whoever opens a key says so for as long as it is in use, and
logs, tracebacks and errors leave it out, also where an exception of somebody else's library quotes it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from tokometer.records.redaction.named import names_a_secret

#: What stands in its place.
HELD: Final = "[key]"
#: Shorter ones are words that stand everywhere.
_SHORTEST: Final = 6
#: Of a part of a secret.
_SHORTEST_PART: Final = 8
_lock: Final = threading.Lock()
_held: Final[Counter[str]] = Counter()


class Held:
    """Secrets that are in use while a block runs, or from :meth:`keep_out` on. Thread-safe."""

    def __init__(self, *secrets: str) -> None:
        self._forms: list[str] = []
        for secret in secrets:
            self.keep_out(secret)

    def keep_out(self, secret: str) -> None:
        """Have it left out of whatever is said from now on, until this is released."""
        forms = forms_of(secret)
        with _lock:
            self._forms += forms
            _held.update(forms)

    def release(self) -> None:
        """They are in use no more."""
        with _lock:
            for form in self._forms:
                _held[form] -= 1
                if _held[form] <= 0:
                    del _held[form]
            self._forms.clear()

    def __enter__(self) -> Self:
        """They are in use already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """They are in use no more."""
        self.release()


def without_held(text: str) -> str:
    """A text without the secrets that are in use."""
    if not _held:
        return text
    with _lock:
        forms = sorted(_held, key=len, reverse=True)
    for form in forms:
        if form in text:
            text = text.replace(form, HELD)
    return text


def forms_of(secret: str) -> tuple[str, ...]:
    """A secret as it could be quoted, the longest first: as it is, its parts, encoded and escaped; none of a short one.

    A part is what follows the first colon (`ACCESS_KEY_ID:SECRET_ACCESS_KEY`), or, in a document, the values of fields
    whose names say that they are secret, by lines.
    """
    if len(secret) < _SHORTEST:
        return ()
    # Imported only now: most processes hold none.
    import base64
    from urllib.parse import quote, quote_plus

    found: dict[str, None] = {}
    for one in (secret, *_parts(secret)):
        plain = one.encode("utf-8", "replace")
        packed = base64.b64encode(plain).decode()
        found |= dict.fromkeys(
            (
                *(one, quote(one), quote(one, safe=""), quote_plus(one)),
                *(json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1], repr(one)[1:-1]),
                *(repr(plain)[2:-1], packed, packed.rstrip("="), base64.urlsafe_b64encode(plain).decode()),
                base64.b64encode(plain + b":").decode(),
            )
        )
    return tuple(sorted(found, key=len, reverse=True))


def _parts(secret: str) -> Iterator[str]:
    """What is secret by itself within a secret."""
    if secret.lstrip().startswith("{"):
        try:
            document = json.loads(secret)
        except (ValueError, RecursionError):
            return
        for name, value in document.items():
            if isinstance(value, str) and names_a_secret(name):
                yield from (line for line in (value, *value.splitlines()) if len(line) >= _SHORTEST_PART)
        return
    _, colon, rest = secret.partition(":")
    if colon:
        yield from (part for part in (rest, *rest.split(":")) if len(part) >= _SHORTEST_PART)
