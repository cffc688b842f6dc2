"""The webhook that OpenClaw calls when a run of a job is finished (`delivery.mode` = `webhook`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tokometer.records import Record
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.cron import Job, records_of
from tokometer.sources.openclaw.places import SOURCE_NAME
from tokometer.sources.protocol import Sent
from tokometer.sources.pushing import JsonPush
from tokometer.sources.told import Told

PATH = "/api/webhooks/openclaw"


class FinishedRun(JsonPush):
    """One finished run, as it stands in the history, but for its `ts`."""

    path = PATH
    summary = "A finished run of a scheduled job, as OpenClaw posts it to the webhook of a job"
    source = SOURCE_NAME

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """See `JsonPush.records`."""
        told = Told(item)
        job = told.within("job") if isinstance(told.raw("job"), dict) else Told({})
        return records_of(told, Job(name=job.text("name"), agent=job.text("agentId")), noticed, index)


def recipe(url: str) -> str:
    """How a job is told to call it, for a server at `url`."""
    return (
        "# Files are found by themselves. For a machine that Tokometer cannot read, in openclaw.json:\n"
        '#   cron: { webhookToken: "<the server\'s key, where it has one>" }\n'
        f"openclaw cron edit <job> --webhook {url}{PATH}"
    )
