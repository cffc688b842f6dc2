"""A service account's key for an access token, as Google's OAuth 2.0 takes it.

Format: developers.google.com/identity/protocols/oauth2/service-account (RFC 7523): a JWT signed with RS256 is sent to
the key's own `token_uri`, which answers `access_token` and `expires_in`. Read in November 2026.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from tokometer.sources.polling import json_of
from tokometer.sources.protocol import PollError
from tokometer.sources.told import Told
from tokometer.statements.lines import object_of
from tokometer.statements.protocol import Asks

_SCOPES: Final = (
    "https://www.googleapis.com/auth/monitoring.read",
    "https://www.googleapis.com/auth/bigquery.readonly",
)
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: What Google lets a signed claim be good for, and an access token that somebody pasted (seconds).
_HOUR: Final = 3_600
_REFUSED: Final = (400, 401, 403)


def token_of(key: str, ask: Asks, now: datetime) -> tuple[str, float]:
    """The access token for a key, and for how many seconds it is good; one that is no JSON is an access token itself.

    Raises:
        PollError: It is no key of a service account, or is not taken.
    """
    if not key.lstrip().startswith("{"):
        return key.strip(), float(_HOUR)
    told = _parsed(key)
    address = told.word("token_uri")
    claim = _signed(told, address, int(now.timestamp()))
    body = urlencode({"grant_type": _GRANT, "assertion": claim}).encode()
    try:
        answer = ask(address, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=body)
    except PollError as error:
        if error.status not in _REFUSED:
            raise
        reason = "Google does not take this key: is it deleted, or is this machine's clock wrong?"
        raise PollError(f"{reason} ({error.status})", secret=True, final=True, status=error.status) from None
    said = object_of(json_of(answer, "the token's address"), "the token's address")
    token = said.word("access_token")
    if not token:
        raise PollError("the token's address answers without a token")
    return token, float(said.whole("expires_in") or _HOUR)


def _parsed(key: str) -> Told:
    try:
        found = json.loads(key)
    except ValueError:
        raise PollError("its key begins like JSON, and is none: paste the whole file", secret=True) from None
    told = Told(found if isinstance(found, dict) else {})
    missing = [name for name in ("client_email", "private_key", "token_uri") if not told.word(name)]
    if missing:
        raise PollError(f"its key is no service account's: {', '.join(missing)} is missing", secret=True)
    return told


def _signed(told: Told, audience: str, at: int) -> str:
    # Imported when it is used: it is large.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(told.word("private_key").encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PollError("the private key within its key cannot be read", secret=True) from None
    if not isinstance(private, RSAPrivateKey):
        raise PollError("the private key within its key is no RSA key", secret=True)
    head = {"alg": "RS256", "typ": "JWT", "kid": told.word("private_key_id")}
    claims = {
        "iss": told.word("client_email"),
        "scope": " ".join(_SCOPES),
        "aud": audience,
        "iat": at,
        "exp": at + _HOUR,
    }
    text = f"{_encoded(head)}.{_encoded(claims)}"
    return f"{text}.{_base64(private.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _encoded(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
