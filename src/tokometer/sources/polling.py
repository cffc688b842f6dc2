"""What every source that asks over HTTP does with an answer: its JSON, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from tokometer.records.redaction import redacted
from tokometer.sources.protocol import Fetch, Fetched, PollError

#: Of what a target says of an error.
_LONGEST: Final = 160
_SECRET: Final = (401, 403)
#: A question that this key, or this account, may not ask: told once. Everything else may pass, and is told until then.
DENIED: Final = (401, 402, 403, 404)
_decode: Final = msgspec.json.Decoder().decode
#: `Retry-After` in seconds; as a date it is not read.
_SECONDS: Final = re.compile(r"\d{1,5}")


def checked(answer: Fetched, path: str = "") -> bytes:
    """The body of a good answer; `path` is named where it is none.

    Raises:
        PollError: Its status is not one of 200 to 299.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer.body
    where = f"{path} answers " if path else "answers "
    status = f"{answer.status} {_phrase(answer.status)}".strip()
    if answer.status in _SECRET:
        raise PollError(
            f"{where}{status}: it wants a key or password, or another one", secret=True, status=answer.status
        )
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        elsewhere = f"{where}{status}: it is somewhere else, and redirects are not followed; name that address"
        raise PollError(elsewhere, status=answer.status)
    said = redacted(answer.body[: 4 * _LONGEST].decode("utf-8", "replace"), _LONGEST)
    said = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
    text = f"{where}{status}: {said}" if said and "<" not in said[:1] else f"{where}{status}"
    raise PollError(text, retry_after=_retry_after(answer.headers), status=answer.status)


def fetch_json(fetch: Fetch, path: str = "", query: Mapping[str, str] | None = None, body: object = None) -> Any:  # noqa: ANN401 - any JSON
    """The JSON that a target answers; with a `body`, which becomes JSON, it is a POST.

    Raises:
        PollError: There is no good answer, or it is not JSON.
    """
    sent = None if body is None else msgspec.json.encode(body)
    headers = {"Accept": "application/json"} | ({} if sent is None else {"Content-Type": "application/json"})
    return json_of(fetch(path, query, headers=headers, body=sent), path)


def json_of(answer: Fetched, path: str = "") -> Any:  # noqa: ANN401 - any JSON
    """The JSON of an answer.

    Raises:
        PollError: It is no good answer, or not JSON.
    """
    body = checked(answer, path)
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise PollError(f"{path or 'it'} answers something that is not JSON") from error


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after(headers: Mapping[str, str]) -> float:
    told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(told) if _SECONDS.fullmatch(told) else 0.0
