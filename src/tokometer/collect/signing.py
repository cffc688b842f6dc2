"""Questions to storage that speaks S3, signed as it demands: AWS' Signature Version 4.

Fifty lines of the standard library instead of DuckDB's own reader, which is an extension that would be downloaded.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, quote

from tokometer.sources.protocol import PollError

#: How a key says that it is to be sent so.
AWS4: Final = "aws4"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_KEYS: Final = 2


def signed(
    secret: str, region: str, host: str, where: str, headers: Mapping[str, str], now: datetime, method: str = "GET"
) -> dict[str, str]:
    """The headers that sign a question without a body; `secret` is `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`.

    Of the headers that are sent anyway only `Range` is signed.

    Raises:
        PollError: The secret has another form.
    """
    key_id, *parts = secret.split(":", _KEYS)
    if not key_id or not parts or not parts[0]:
        raise PollError("its key has to be ACCESS_KEY_ID:SECRET_ACCESS_KEY", secret=True, final=True)
    moment, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
    empty = hashlib.sha256(b"").hexdigest()
    sent = {"x-amz-content-sha256": empty, "x-amz-date": moment}
    if len(parts) == _KEYS:
        sent["x-amz-security-token"] = parts[1]
    about = {"host": host, **sent, **{name.lower(): text for name, text in headers.items() if name.lower() == "range"}}
    names = ";".join(sorted(about))
    path, _, query = where.partition("?")
    pairs = sorted((quote(name, safe="-_.~"), quote(text, safe="-_.~")) for name, text in parse_qsl(query, True))
    asked = "\n".join(
        (
            method,
            path,
            "&".join(f"{name}={text}" for name, text in pairs),
            *(f"{name}:{about[name].strip()}" for name in sorted(about)),
            "",
            names,
            empty,
        )
    )
    scope = f"{day}/{region}/s3/aws4_request"
    told = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"AWS4{parts[0]}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, told.encode(), "sha256").hexdigest()
    sent["Authorization"] = f"{_ALGORITHM} Credential={key_id}/{scope},SignedHeaders={names},Signature={signature}"
    return sent
