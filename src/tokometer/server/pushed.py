"""What tools send as they would send it to a server of their own: one endpoint for each `Push` of each source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter, Request, Response

from tokometer.collect import portioned
from tokometer.collect.bodies import UNSUPPORTED, decode_pushed
from tokometer.collect.decoding import aside
from tokometer.collect.portioned import TooManyRecords
from tokometer.collect.writer import QueueFull, WriterClosed
from tokometer.host.secrets import SecretLost
from tokometer.ledger import LedgerError
from tokometer.records import now_us
from tokometer.server.away import retry_after
from tokometer.server.body import BodyError, received
from tokometer.server.previewed import shown
from tokometer.server.taking import Taken, take
from tokometer.settings import SettingsError
from tokometer.sources.portions import PORTION_BYTES
from tokometer.sources.protocol import Answer, NotUnderstood, Push, Reply, Sent, Told
from tokometer.sources.registry import SOURCES

#: What a variable part of a path, or of a query, has at most.
_LONGEST: Final = 200
_MOST_NAMES: Final = 20
_MOST_HEADERS: Final = 50
BAD_REQUEST: Final = 400
UNSIGNED: Final = 401
TOO_LARGE: Final = 413
AWAY: Final = 503


def routes() -> APIRouter:
    """The endpoints of every source."""
    router = APIRouter()
    for name, source in SOURCES.items():
        for which, push in enumerate(source.pushed):
            router.add_api_route(
                push.path,
                _endpoint(name, which, push),
                methods=["POST"],
                summary=push.summary,
                response_class=Response,
                operation_id=f"push_{name}_{which}",
            )
            if getattr(push, "preview", ""):
                router.add_api_route(
                    push.preview,  # type: ignore[attr-defined]
                    _previewing(name, which, push),
                    methods=["POST"],
                    summary=f"{push.summary} Tried out: nothing is kept.",
                    response_class=Response,
                    operation_id=f"preview_{name}_{which}",
                )
        for which, reply in enumerate(source.replies):
            router.add_api_route(
                reply.path,
                _replying(name, reply),
                methods=[reply.method],
                summary=reply.summary,
                response_class=Response,
                operation_id=f"reply_{name}_{which}",
            )
    return router


class _Endpoint:
    """Takes a request to one source, and answers in its words."""

    def __init__(self, source: str, which: int, push: Push) -> None:
        self._source = source
        self._which = which
        self._push = push

    async def take(self, request: Request) -> Response:
        runtime = request.app.state.runtime
        sent = self.sent(request)
        try:
            async with received(request, getattr(self._push, "most", None)) as body:
                self._check(request, body)
                portions = portioned.pushed(runtime.decoder, self._source, self._which, body, sent)
                taken = await take(runtime.writer, portions, stopping=runtime.closing)
                answered = self._push.names(body)
            runtime.arrivals.note(self._source, taken.accepted + taken.duplicate + taken.changed, taken.refused)
        except BodyError as error:
            return _response(self._push.failure(error.status, str(error)), error.headers)
        except NotUnderstood as error:
            return _response(self._push.failure(error.status, str(error)))
        except (SettingsError, SecretLost) as error:
            # There is a secret. What cannot be checked is not taken; its sender tries again.
            return _response(self._push.failure(AWAY, str(error)))
        except TooManyRecords as error:
            return _response(self._push.failure(TOO_LARGE, str(error)))
        except (QueueFull, WriterClosed, LedgerError) as error:
            return _response(self._push.failure(AWAY, str(error)), {"Retry-After": retry_after(error)})
        return _response(self._push.answer(_told(taken), answered))

    def _check(self, request: Request, body: bytes) -> None:
        """Refuse what is not signed with the secret of the hook, where it has one.

        Raises:
            BodyError: 401.
        """
        signed = getattr(self._push, "signed", None)
        if signed is None:
            return
        secret = request.app.state.runtime.hook_secrets.of(self._source)
        if secret and not signed(body, request.headers, secret):
            raise BodyError(UNSIGNED, "it is not signed with the secret of this hook (tokometer hook-secret)")

    async def preview(self, request: Request) -> Response:
        """What would be taken of a body, none of which is kept."""
        try:
            async with received(request) as body:
                if len(body) > PORTION_BYTES:
                    return _response(self._push.failure(TOO_LARGE, "the body of a preview has at most 1 MiB"))
                sent = self.sent(request)
                decoded = await aside(lambda: decode_pushed(self._source, self._push, sent, body))
        except BodyError as error:
            return _response(self._push.failure(error.status, str(error)), error.headers)
        if decoded.error:
            return _response(self._push.failure(UNSUPPORTED if decoded.unfit else BAD_REQUEST, decoded.error))
        return _response(Answer(200, shown(decoded, settled=bool(sent.options))))

    def sent(self, request: Request) -> Sent:
        """What came beside the bytes of a request, as far as the push reads it."""
        names = {**request.query_params, **request.path_params}
        cut = {key[:_LONGEST]: str(value)[:_LONGEST] for key, value in list(names.items())[:_MOST_NAMES]}
        settled = getattr(self._push, "settled", None)
        return Sent(
            request.headers.get("content-type", "").partition(";")[0].strip().lower(),
            cut,
            now_us(),
            options=settled(request.app.state.runtime.settings, cut) if settled is not None else {},
            headers=_headers(request, getattr(self._push, "headers", ())),
        )


def _endpoint(source: str, which: int, push: Push) -> Callable[[Request], Awaitable[Response]]:
    endpoint = _Endpoint(source, which, push)

    async def take_request(request: Request) -> Response:
        return await endpoint.take(request)

    take_request.__doc__ = f"Take what {SOURCES[source].title} sends, and reply as its own server would."
    return take_request


def _previewing(source: str, which: int, push: Push) -> Callable[[Request], Awaitable[Response]]:
    endpoint = _Endpoint(source, which, push)

    async def preview_request(request: Request) -> Response:
        return await endpoint.preview(request)

    preview_request.__doc__ = "What would be taken of a body, what would be refused, and what is not understood."
    return preview_request


def _headers(request: Request, read: tuple[str, ...]) -> dict[str, str]:
    """The headers whose names begin with what a push reads."""
    if not read:
        return {}
    found = {name: value[:_LONGEST] for name, value in request.headers.items() if name.startswith(read)}
    return dict(list(found.items())[:_MOST_HEADERS])


def _replying(source: str, reply: Reply) -> Callable[[], Awaitable[Response]]:
    async def answer() -> Response:
        return _response(reply.answer)

    answer.__doc__ = f"What a program of {SOURCES[source].title} asks before it sends anything; nothing is kept."
    return answer


def _told(taken: Taken) -> Told:
    return Told(taken.count, taken.accepted, taken.duplicate, taken.changed, tuple(taken.refusals), taken.refused)


def _response(answer: Answer, headers: dict[str, str] | None = None) -> Response:
    return Response(answer.body, answer.status, {**answer.headers, **(headers or {})}, answer.media_type)
