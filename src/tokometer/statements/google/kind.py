"""Google Cloud as a kind of account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tokometer.statements.google import exported, metrics
from tokometer.statements.google.signing import token_of
from tokometer.statements.protocol import DAY, AccountKind, Asked, Key, Option, Report


def check(asked: Asked) -> Mapping[str, Any]:
    """Whether the key may read the project's metrics, and the billing table where one is named."""
    found = [metric.type for metric in metrics.counters(asked)]
    facts: dict[str, Any] = {"counters": ", ".join(found) or "none yet: no model has been called in this project"}
    return facts | (exported.described(asked) if asked.options.get("table") else {})


KIND: Final = AccountKind(
    name="google",
    title="Google Cloud (Gemini, Vertex AI)",
    about="Requests and tokens by model and quotas from Cloud Monitoring; what each day cost, net of credits, by SKU "
    "and project from the billing export in BigQuery.",
    provider="vertex",
    address="https://monitoring.googleapis.com",
    key=Key(
        title="Service account key (JSON)",
        example='{"type": "service_account", …}',
        help="Google Cloud console, IAM, Service accounts, Keys. It needs the roles Monitoring Viewer, and for the "
        "bill BigQuery Job User on the project and BigQuery Data Viewer on the dataset. An access token does as well, "
        "for as long as it is good.",
        exchange=token_of,
    ),
    options=(
        Option(name="project", title="Project id", help="Whose metrics are read, and where queries run.", needed=True),
        Option(
            name="table",
            title="Billing table",
            help="project.dataset.gcp_billing_export_v1_… as Billing, Billing export, names it; none: no bill.",
        ),
        Option(
            name="services",
            title="Services",
            help="Services whose lines are kept, parts of their names divided by commas; none: those of models.",
        ),
        Option(
            name="bigquery",
            title="Address of BigQuery",
            help="Unless it is reached through an endpoint of your own.",
            default=exported.ADDRESS,
        ),
    ),
    reports=(
        Report(
            name="usage",
            title="Requests and tokens by model",
            first=timedelta(days=42),
            late=timedelta(days=1),
            portion=DAY,
            read=metrics.usage,
        ),
        Report(
            name="quotas",
            title="Quotas",
            first=timedelta(0),
            late=timedelta(0),
            portion=DAY,
            read=metrics.quotas,
            optional=True,
        ),
        Report(
            name="bill",
            title="Cost by SKU and project",
            first=timedelta(days=90),
            late=timedelta(days=7),
            portion=timedelta(days=7),
            read=exported.bill,
            applies=lambda options: bool(options.get("table")),
        ),
    ),
    beside=("bigquery",),
    no_balance="Google Cloud bills in arrears: there is no balance.",
    check=check,
)
