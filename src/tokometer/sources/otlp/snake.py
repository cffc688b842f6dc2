"""OTLP in JSON whose keys are those of its protobuf: `resource_spans` in place of `resourceSpans`.

OTLP wants camel case. What serialises the protobuf classes by itself may keep their names, which readers of protobuf's
JSON take, too; passed over, a whole request would be a good one that holds nothing.
"""

from __future__ import annotations

import re
from typing import Final

from tokometer.sources.otlp.signals import Signal

#: Its key stands at its start.
_TOP: Final = re.compile(rb'\s*\{\s*"resource_(?:spans|logs|metrics)"\s*:')
#: What is followed by a colon outside of a text is a key, and no key is a sender's own: attributes are lists of pairs.
#: Within a text its quotes would be escaped.
_KEY: Final = re.compile(rb'"([a-z]+(?:_[a-z0-9]+)+)"(?=\s*:)')
_SIGNAL: Final = re.compile(rb'\s*\{\s*"(?:resource_(spans|logs|metrics)|resource(Spans|Logs|Metrics))"\s*:')
_SIGNALS: Final[dict[bytes, Signal]] = {b"spans": "traces", b"logs": "logs", b"metrics": "metrics"}
_LETTER: Final = re.compile(rb"_([a-z0-9])")


def camelled(body: bytes) -> bytes:
    """A request in JSON with the keys that OTLP wants: the same object where it has them."""
    return _KEY.sub(_camel, body) if _TOP.match(body) else body


def signal_in(body: bytes) -> Signal | None:
    """The signal of which a request in JSON is, by the key that it begins with; None where it begins otherwise."""
    found = _SIGNAL.match(body)
    return _SIGNALS[(found[1] or found[2]).lower()] if found else None


def _camel(found: re.Match[bytes]) -> bytes:
    return b'"' + _LETTER.sub(lambda letter: letter[1].upper(), found[1]) + b'"'
