"""What Grafana puts into an address, in the words of our pages: times in milliseconds, variables, All."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

_QUARTER: Final = 15 * 60
#: What stands for every value of a variable.
_ALL: Final = ("", "$__all", "All")
#: What the viewer's zone is called where it is none of IANA's names.
_UTC: Final = ("", "utc", "browser")
_VARIABLE: Final = "var-"
#: Variables of our dashboards that are no filters.
_OTHER: Final = ("datasource", "tokometer")
#: The year 5000: nothing is later, and no number beyond it is a time that Python has.
_LATEST_MS: Final = 95_617_584_000_000


class ParameterError(ValueError):
    """A parameter that cannot be understood; the message names it."""


def page_parameters(given: Iterable[tuple[str, str]], dimensions: Mapping[str, str]) -> dict[str, list[str]]:
    """The parameters of one of our pages for those that Grafana has sent.

    * `from` and `to`: milliseconds since 1970 or RFC 3339, rounded outwards to quarter hours. Without them, the
      panel's own range.
    * `tz`: an IANA name; `utc`, `browser` and nothing are UTC.
    * `var-provider=a&var-provider=b`, as `${provider:queryparam}` writes it, or `provider=a,b` or `provider={a,b}`.
      Nothing, `All` and `$__all` are no filter: versions of Grafana differ in what they write for all values.

    Args:
        given: Names and values, in order.
        dimensions: What can be filtered by.

    Raises:
        ParameterError: A value or a name cannot be understood.
    """
    found: dict[str, list[str]] = {}
    window: dict[str, datetime] = {}
    for name, value in given:
        if name in ("from", "to"):
            window[name] = _moment(name, value)
        elif name == "tz":
            found["tz"] = ["UTC" if value.lower() in _UTC else value]
        elif name in _ALL:
            # Some versions hand the value for All on as it is, whatever the format.
            continue
        elif (chosen := _chosen(name, value, dimensions)) is not None:
            dimension, values = chosen
            if values:
                found.setdefault(dimension, []).extend(values)
    if window:
        found |= _range(window)
    return found


def _range(window: Mapping[str, datetime]) -> dict[str, list[str]]:
    if len(window) == 1:
        raise ParameterError("from and to come together")
    since, until = _floor(window["from"]), _ceiling(window["to"])
    if window["to"] < window["from"]:
        raise ParameterError("to: is before from")
    until = max(until, since + timedelta(seconds=_QUARTER))
    return {"range": ["custom"], "since": [since.isoformat()], "until": [until.isoformat()]}


def _chosen(name: str, value: str, dimensions: Mapping[str, str]) -> tuple[str, list[str]] | None:
    """A filter's dimension and values; None for what is no filter of ours."""
    short = name.removeprefix(_VARIABLE)
    if name.startswith(_VARIABLE) and short in _OTHER:
        return None
    if short not in dimensions:
        raise ParameterError(f"{name[:60]}: is neither from, to, tz nor a dimension of calls")
    if value in _ALL:
        return short, []
    return short, [value] if name.startswith(_VARIABLE) else _several(value)


def _several(value: str) -> list[str]:
    inner = value[1:-1] if value.startswith("{") and value.endswith("}") else value
    return [one for one in inner.split(",") if one not in _ALL]


def _moment(name: str, text: str) -> datetime:
    try:
        if text.isdecimal():
            if int(text) > _LATEST_MS:
                raise ParameterError(f"{name}: {text[:40]!r} milliseconds are further than any record")
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError(f"{name}: {text[:40]!r} is neither milliseconds since 1970 nor an RFC 3339 time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _floor(moment: datetime) -> datetime:
    seconds = int(moment.timestamp() // _QUARTER) * _QUARTER
    return datetime.fromtimestamp(seconds, UTC)


def _ceiling(moment: datetime) -> datetime:
    seconds = -int(-moment.timestamp() // _QUARTER) * _QUARTER
    return datetime.fromtimestamp(seconds, UTC)
