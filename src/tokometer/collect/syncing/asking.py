"""Asking an account's provider: at its pace, within its limits, again where that can help, and no longer than that."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from tokometer.collect.fetching import Fetcher
from tokometer.collect.syncing.clock import Clock
from tokometer.collect.syncing.errors import Ended
from tokometer.collect.syncing.limits import retry_after, until_more
from tokometer.records.redaction.held import HELD, Held, forms_of
from tokometer.sources.polling import checked
from tokometer.sources.protocol import Fetched, PollError, Target
from tokometer.statements import AccountKind

if TYPE_CHECKING:
    from tenacity import RetryCallState

#: One answer takes no longer (seconds) and is no larger (bytes): reports of large organisations are slow.
_SECONDS: Final = 60.0
_BYTES: Final = 64 << 20
#: How often a question is asked in all, and the first and longest wait between two times (seconds).
ATTEMPTS: Final = 8
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
#: Nobody waits longer for a provider's limits within a sync; the account is left alone until then instead (seconds).
_PATIENCE: Final = 300.0
#: After so many questions in a row without an answer no other is asked in this sync.
_BREAKS: Final = 3
#: What one sync may take in all; what is left is read by the next one.
_MOST_QUESTIONS: Final = 20_000
_MOST_BYTES: Final = 4 << 30
_MOST_SECONDS: Final = 6 * 3_600.0
#: Answers that may be others when the question is asked again.
AGAIN: Final = frozenset({408, 425, 429, *range(500, 600)} - {501, 505})
#: Of the time for which it is good, what was exchanged for a key is used for such a part.
_GOOD_FOR: Final = 0.9
_WHOLE: Final = ("http://", "https://")


class Asker:
    """Asks one account's provider; see :class:`tokometer.statements.Asks`. Used by one thread at a time.

    Raises `PollError` where there is no good answer, and :class:`Ended` once `ended` is set.
    """

    def __init__(
        self,
        target: Target,
        clock: Clock,
        ended: threading.Event,
        kind: AccountKind,
        *,
        attempts: int = ATTEMPTS,
        held: Held | None = None,
    ) -> None:
        self._target = target
        self._kind = kind
        self._clock = clock
        self._ended = ended
        self._attempts = attempts
        #: By where they ask: below the account's own address, and elsewhere.
        self._fetchers = {"": Fetcher(target, _SECONDS, _BYTES)}
        #: What is exchanged for the key goes to the same secrets in use as that.
        self._held = held if held is not None else Held()
        self._forms = forms_of(target.secret)
        self._secrets = [form.encode("utf-8", "replace") for form in self._forms]
        #: The key itself, where something else is sent.
        self._key = ""
        #: Until when what a key was exchanged for is good (monotonic).
        self._good_until = float("-inf")
        #: By the monotonic clock: no question before, none after.
        self._not_before = 0.0
        self._until = clock.monotonic() + _MOST_SECONDS
        self._unanswered = 0
        self._bytes = 0
        #: Questions that were asked, and how many of them again.
        self.requests = 0
        self.retries = 0

    def __call__(
        self,
        path: str = "",
        query: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        method: str = "",
    ) -> Fetched:
        """See :class:`tokometer.statements.Asks`."""
        if self._unanswered >= _BREAKS:
            raise PollError("is not asked any more in this sync: it has failed too often", final=True)
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        again = Retrying(
            sleep=self._pause,
            stop=stop_after_attempt(self._attempts),
            wait=_wait,
            retry=retry_if_exception(_is_worth_it),
            before_sleep=self._count_again,
            reraise=True,
        )
        try:
            found = again(self._once, _Question(path, query or {}, headers or {}, body, method))
        except PollError as error:
            # One that says no has answered: a report that is not there breaks nothing.
            self._unanswered = 0 if error.final and error.status else self._unanswered + 1
            raise
        self._unanswered = 0
        return found

    def close(self) -> None:
        """Let go of the connections."""
        for fetcher in list(self._fetchers.values()):
            fetcher.close()

    def stop(self) -> None:
        """End the question that is being asked; from any thread."""
        for fetcher in list(self._fetchers.values()):
            fetcher.stop()

    def cut_if_overdue(self) -> None:
        """End a question that takes too long, however slowly its answer trickles in; from any thread."""
        for fetcher in list(self._fetchers.values()):
            if fetcher.overdue:
                fetcher.cut()

    def scrubbed(self, text: str) -> str:
        """A text without the key that is asked with."""
        for form in self._forms:
            text = text.replace(form, HELD)
        return text

    def _once(self, question: _Question) -> Fetched:
        if self._is_keyed(question):
            self._exchange()
        self._wait_for_turn()
        self.requests += 1
        try:
            answer = self._fetched(question)
        except PollError:
            self._check_ended()
            raise
        finally:
            self._not_before = max(self._not_before, self._clock.monotonic() + self._kind.pace)
        answer = self._without_key(answer)
        self._bytes += len(answer.body)
        now = self._clock.now()
        self._hold(until_more(answer.headers, now))
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise _failure(answer, question.path, retry_after(answer.headers, now))
        if answer.media_type == "application/json" or answer.media_type.endswith("+json"):
            _check_whole(answer.body, question.path)
        return answer

    def _fetched(self, question: _Question) -> Fetched:
        """The answer to a question, below the account's address or elsewhere."""
        where, path = _parted(question.path)
        keyed = self._is_keyed(question)
        fetcher = self._fetchers.get(where)
        if fetcher is None:
            fetcher = self._fetchers.setdefault(where, Fetcher(replace(self._target, url=where), _SECONDS, _BYTES))
        fetcher.target = replace(fetcher.target, secret=self._target.secret if keyed else "")
        headers = {**self._kind.headers, **question.headers} if keyed else dict(question.headers)
        return fetcher(path, question.query, headers=headers, body=question.body, method=question.method)

    def _is_keyed(self, question: _Question) -> bool:
        """Whether a question is for who has the key: below the account's address, or one that it names beside."""
        path = question.path
        if question.keyless or not path.startswith(_WHOLE):
            return not question.keyless
        ours = [self._target.url, *(self._target.options.get(name, "") for name in self._kind.beside)]
        return any(one and f"{path}/".startswith(f"{one.rstrip('/')}/") for one in ours)

    def _exchange(self) -> None:
        """Have what is sent instead of the key, where the two differ and what we have is not good any more."""
        exchange = self._kind.key.exchange if self._kind.key is not None else None
        if exchange is None or self._clock.monotonic() < self._good_until:
            return
        key = self._key = self._key or self._target.secret

        def ask(
            path: str = "",
            query: Mapping[str, Any] | None = None,
            *,
            headers: Mapping[str, str] | None = None,
            body: bytes | None = None,
            method: str = "",
        ) -> Fetched:
            return self._once(_Question(path, query or {}, headers or {}, body, method, keyless=True))

        sent, seconds = exchange(key, ask, self._clock.now())
        self._held.keep_out(sent)
        self._forms = (*forms_of(key), *forms_of(sent))
        self._secrets = [form.encode("utf-8", "replace") for form in self._forms]
        self._target = replace(self._target, secret=sent)
        self._good_until = self._clock.monotonic() + seconds * _GOOD_FOR

    def _wait_for_turn(self) -> None:
        if self.requests >= _MOST_QUESTIONS or self._bytes >= _MOST_BYTES or self._clock.monotonic() > self._until:
            raise PollError("has much to say: what is left is read by the next sync", final=True)
        self._pause(self._not_before - self._clock.monotonic())

    def _hold(self, seconds: float) -> None:
        """Ask nothing for a while: no question is left of those that the provider allows."""
        self._not_before = max(self._not_before, self._clock.monotonic() + min(seconds, _PATIENCE))

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._clock.wait(seconds, self._ended)
        self._check_ended()

    def _check_ended(self) -> None:
        if self._ended.is_set():
            raise Ended("broken_off")

    def _count_again(self, _state: RetryCallState) -> None:
        self.retries += 1

    def _without_key(self, answer: Fetched) -> Fetched:
        """An answer in which the key does not stand, whatever it echoes."""
        body, headers = answer.body, answer.headers
        for secret in self._secrets:
            body = body.replace(secret, HELD.encode())
        if any(form in value for value in headers.values() for form in self._forms):
            headers = {name: self.scrubbed(value) for name, value in headers.items()}
        if body is answer.body and headers is answer.headers:
            return answer
        return Fetched(answer.status, body, answer.media_type, headers)


class _Question(NamedTuple):
    path: str
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: bytes | None
    method: str
    #: Asked without the key, wherever it goes.
    keyless: bool = False


def _parted(path: str) -> tuple[str, str]:
    """Where a question goes ('' is the account's own address), and the path there."""
    if not path.startswith(_WHOLE):
        return "", path
    found = urlsplit(path)
    return f"{found.scheme}://{found.netloc}", (found.path or "/") + (f"?{found.query}" if found.query else "")


def _failure(answer: Fetched, path: str, wait: float) -> PollError:
    try:
        checked(answer, path)
    except PollError as error:
        error.retry_after = max(error.retry_after, wait)
        error.final = answer.status not in AGAIN or error.retry_after > _PATIENCE
        return error
    raise AssertionError("such a status is no good answer")


def _check_whole(body: bytes, path: str) -> None:
    """Raise where an answer that should be JSON is none: it was cut off on the way."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise PollError(f"{path or 'it'} answers something that is not JSON") from None


def _is_worth_it(error: BaseException) -> bool:
    return isinstance(error, PollError) and not error.final and not error.secret


def _wait(state: RetryCallState) -> float:
    """The seconds until a question is asked again: longer each time, at random, and what its provider asked for."""
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after if isinstance(error, PollError) else 0.0
    return max(asked, wait_random_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT, min=_FIRST_WAIT / 2)(state))
