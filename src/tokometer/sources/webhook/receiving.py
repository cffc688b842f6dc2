"""`POST /api/webhooks/{name}`: a body of anybody's, as settings say that it is to be read, or as it is recognised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tokometer.records import Record, RecordError
from tokometer.records.wire import content_id, record_from
from tokometer.settings.webhooks import WebhookSettings
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush
from tokometer.sources.webhook import mapped, recognised
from tokometer.sources.webhook.items import Item

if TYPE_CHECKING:
    from tokometer.settings import Settings

SOURCE: Final = "webhook"
PATH: Final = "/api/webhooks/{name}"
PREVIEW: Final = "/api/webhooks/{name}/preview"
_SETTLED: Final = "webhook"
_LABEL: Final = "webhook"
_decode: Final = msgspec.json.Decoder(WebhookSettings).decode


class Webhook(JsonPush):
    """Any gateway's requests."""

    path = PATH
    summary = "Whatever a gateway posts, read as settled in [[webhook]], or as it is recognised."
    source = SOURCE
    preview = PREVIEW

    def settled(self, settings: Settings, names: Mapping[str, str]) -> Mapping[str, str]:
        """What settings say of the webhook that is posted to; nothing where they do not name it."""
        for webhook in settings.webhooks:
            if webhook.name == names.get("name"):
                return {_SETTLED: msgspec.json.encode(webhook).decode()}
        return {}

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:
        """See `JsonPush.records`."""
        settled = _settled(sent.options.get(_SETTLED, ""))
        name = sent.names.get("name", "")
        if settled is None:
            items = recognised.items_of(item)
            return [_record(Item(one), None, name, sent, noticed, index) for one in items]
        items = mapped.items_of(item, settled)
        if not items:
            raise RecordError(settled.each, "is no list of objects")
        return [_record(Item(one), settled, name, sent, noticed, index) for one in items]


@lru_cache(maxsize=64)
def _settled(text: str) -> WebhookSettings | None:
    return _decode(text) if text else None


def _record(item: Item, settled: WebhookSettings | None, name: str, sent: Sent, noticed: Noticed, index: int) -> Record:
    if settled is None:
        found = recognised.recognised(item, noticed, index)
    else:
        found = mapped.mapped(item, settled, noticed, index)
    kind = settled.kind if settled else "calls"
    if not any(found.get(key) for key in ("id", "native_id")):
        found["id"] = str(found.get("response_id") or content_id(item.object))
    _take_start(found, sent, noticed, index)
    # Ids are the sender's own: two of them may use the same ones.
    found["id"] = f"{name}:{found.pop('id', None) or found.pop('native_id', '')}"
    found["labels"] = {**_object(found.get("labels")), _LABEL: name}
    found["source"] = SOURCE
    for path in item.unread():
        noticed.add("field", path, index)
    return record_from(kind, found)


def _take_start(found: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> None:
    """Where nobody says when it began: when it ended, less how long it took; else when it came."""
    names = ("started_at", "timestamp", "time", "at", "start_time", "created_at", "ts")
    if any(found.get(name) not in (None, "") for name in names):
        return
    if found.get("ended_at") not in (None, ""):
        found["started_at"] = found["ended_at"]
        return
    noticed.add("field", "a time: none, that of arrival stands for it", index)
    found["started_at"] = sent.now


def _object(given: object) -> dict[str, Any]:
    return dict(given) if isinstance(given, Mapping) else {}
