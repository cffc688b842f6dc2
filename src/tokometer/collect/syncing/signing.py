"""Signing questions to S3-compatible storage: AWS Signature Version 4, with a key of the form `ID:SECRET`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from tokometer.sources.protocol import PollError

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "s3"
_END: Final = "aws4_request"


def signed(
    secret: str, region: str, method: str, url: str, query: Mapping[str, Any], body: bytes, now: datetime
) -> dict[str, str]:
    """The headers that a question is sent with; `url` without its query.

    Raises:
        PollError: The key is none of this form.
    """
    name, colon, key = secret.partition(":")
    if not (name and colon and key):
        raise PollError("its key has to be ACCESS_KEY_ID:SECRET_ACCESS_KEY", secret=True, final=True)
    place = urlsplit(url)
    at = now.astimezone(UTC)
    moment, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": place.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    names = ";".join(headers)
    asked = "\n".join(
        (
            method,
            place.path or "/",
            sorted_query(query),
            *(f"{header}:{value}" for header, value in headers.items()),
            "",
            names,
            digest,
        )
    )
    scope = f"{day}/{region}/{_SERVICE}/{_END}"
    text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(asked.encode()).hexdigest()))
    step = f"AWS4{key}".encode()
    for part in (day, region, _SERVICE, _END):
        step = hmac.digest(step, part.encode(), "sha256")
    signature = hmac.digest(step, text.encode(), "sha256").hex()
    del headers["host"]
    return {
        **headers,
        "Authorization": f"{_ALGORITHM} Credential={name}/{scope}, SignedHeaders={names}, Signature={signature}",
    }


def sorted_query(query: Mapping[str, Any]) -> str:
    """A query as it is signed: by name, and everything encoded that is not unreserved."""
    pairs = [
        (quote(str(name), safe="-_.~"), quote(str(one), safe="-_.~"))
        for name, value in query.items()
        for one in (value if isinstance(value, list | tuple) else [value])
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
