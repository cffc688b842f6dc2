"""Addresses of channels, as Apprise writes them: which are taken from a page, and how they are shown without secrets.

Known without Apprise, which is loaded by nobody but the process that sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

#: The longest address.
MOST: Final = 4_000
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]{1,19})://", re.IGNORECASE)
#: Parameters that name files of the machine that sends, whatever the service.
_FILES: Final = frozenset({"template", "pgppub", "pgpprv", "pgpkey", "keyfile", "subfile", "attach"})
#: Parts of an address that are this short are no secrets, and may be ordinary words of an error.
_SHORT: Final = 4
#: Webhooks of services that Apprise knows by their https address, too.
_NATIVE: Final = ("http", "https")


class AddressError(ValueError):
    """An address that cannot be used; the message says why and never quotes it."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that channels may be of."""

    title: str
    schemes: tuple[str, ...]
    #: What an address looks like.
    example: str
    #: Whether what follows the scheme is a host, which may be shown; else it is a secret.
    hosted: bool = False


SERVICES: Final = (
    Service("Slack", ("slack",), "https://hooks.slack.com/services/T…/B…/…"),
    Service("Discord", ("discord",), "https://discord.com/api/webhooks/ID/TOKEN"),
    Service("Microsoft Teams", ("workflow", "workflows"), "https://HOST.logic.azure.com/workflows/…", hosted=True),
    Service("Telegram", ("tgram",), "tgram://BOT-TOKEN/CHAT-ID"),
    Service(
        "E-mail", ("mailto", "mailtos"), "mailtos://USER:PASSWORD@smtp.example.com?to=ops@example.com", hosted=True
    ),
    Service("Webhook", ("json", "jsons"), "https://example.com/hooks/tokometer", hosted=True),
    Service("Webhook (form)", ("form", "forms"), "forms://example.com/hooks/tokometer", hosted=True),
    Service("Webhook (XML)", ("xml", "xmls"), "xmls://example.com/hooks/tokometer", hosted=True),
    Service("Google Chat", ("gchat",), "gchat://WORKSPACE/KEY/TOKEN"),
    Service("Mattermost", ("mmost", "mmosts"), "mmosts://chat.example.com/TOKEN", hosted=True),
    Service("Rocket.Chat", ("rocket", "rockets"), "rockets://TOKEN@chat.example.com/CHANNEL", hosted=True),
    Service("Webex", ("wxteams", "webex"), "wxteams://TOKEN"),
    Service("Zulip", ("zulip",), "zulip://BOT@ORGANISATION/TOKEN"),
    Service("ntfy", ("ntfy", "ntfys"), "ntfys://ntfy.example.com/TOPIC", hosted=True),
    Service("Gotify", ("gotify", "gotifys"), "gotifys://push.example.com/TOKEN", hosted=True),
    Service("Pushover", ("pover",), "pover://USER@TOKEN"),
    Service("Pushbullet", ("pbul",), "pbul://TOKEN"),
    Service("PagerDuty", ("pagerduty",), "pagerduty://KEY@APIKEY"),
    Service("Opsgenie", ("opsgenie",), "opsgenie://APIKEY"),
    Service("Splunk On-Call", ("splunk", "victorops"), "splunk://ROUTE@APIKEY"),
    Service("incident.io", ("incidentio",), "incidentio://SOURCE/TOKEN"),
    Service("Signal", ("signal", "signals"), "signals://HOST/FROM/TO", hosted=True),
    Service("Twilio", ("twilio",), "twilio://SID:TOKEN@FROM/TO"),
    Service("IFTTT", ("ifttt",), "ifttt://KEY@EVENT"),
    Service("Lark", ("lark",), "lark://TOKEN"),
    Service("Feishu", ("feishu",), "feishu://TOKEN"),
    Service("DingTalk", ("dingtalk",), "dingtalk://TOKEN"),
    Service("WeCom", ("wecombot",), "wecombot://KEY"),
    Service("Mailgun", ("mailgun",), "mailgun://USER@DOMAIN/APIKEY/TO"),
    Service("SendGrid", ("sendgrid",), "sendgrid://APIKEY:FROM/TO"),
    Service("Home Assistant", ("hassio", "hassios"), "hassios://HOST/TOKEN", hosted=True),
    Service("Nextcloud Talk", ("nctalk", "nctalks"), "nctalks://USER:PASSWORD@HOST/ROOM", hosted=True),
)
_BY_SCHEME: Final = {scheme: one for one in SERVICES for scheme in one.schemes}


def check(address: str, *, from_page: bool) -> str:
    """An address, without white space around it.

    A page may name the services that are listed here, and no files: whoever can open it could have any file of this
    machine sent to an address of their own. The settings, which stand on this machine, may name any of Apprise's.

    Raises:
        AddressError: It is none, or may not be said on a page.
    """
    address = address.strip()
    if not address:
        raise AddressError("is missing")
    if len(address) > MOST or any(one.isspace() or not one.isprintable() for one in address):
        raise AddressError(f"has to be one address, without spaces, of at most {MOST:,} characters")
    found = _SCHEME.match(address)
    if found is None:
        raise AddressError("has to be an address: https://…, slack://…, mailtos://… and so on")
    scheme = found[1].lower()
    if not from_page:
        return address
    if scheme not in _BY_SCHEME and scheme not in _NATIVE:
        raise AddressError(
            f"is of a service that is not taken here; take one of {', '.join(sorted(_BY_SCHEME))}, or let it stand in "
            "tokometer.toml, by the variable that holds it"
        )
    named = sorted(_FILES & _parameters(address))
    if named:
        raise AddressError(f"names a file of this machine ({named[0]}): it may do so in tokometer.toml alone")
    return address


def shown(address: str) -> str:
    """An address without what is secret in it: its scheme, and its host where the service has one."""
    found = _SCHEME.match(address)
    if found is None:
        return "…"
    scheme = found[1].lower()
    service = _BY_SCHEME.get(scheme)
    host = ""
    if scheme in _NATIVE or (service is not None and service.hosted):
        try:
            parts = urlsplit(address)
            host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
        except ValueError:
            host = ""
    return f"{scheme}://{host}{'/' if host else ''}…"[:200]


def title_of(shown_address: str) -> str:
    """The name of the service, by an address as it is shown."""
    scheme = shown_address.partition("://")[0]
    service = _BY_SCHEME.get(scheme)
    return service.title if service is not None else "Webhook" if scheme in _NATIVE else scheme


def as_webhook(address: str) -> str:
    """An http(s) address of no service as one that is posted JSON to; its parameters stay parameters."""
    parts = urlsplit(address)
    scheme = "jsons" if parts.scheme.lower() == "https" else "json"
    asked = "&".join(
        f"-{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return f"{scheme}://{parts.netloc}{parts.path}{'?' if asked else ''}{asked}"


def without(text: str, address: str) -> str:
    """A text without any part of an address: errors of libraries quote what they were given."""
    parts = {address}
    pieces = re.split(r"[/?&=@:;,#\s]+", address)
    parts.update(piece for piece in pieces if len(piece) > _SHORT)
    parts.update(unquote(piece) for piece in pieces if len(piece) > _SHORT)
    parts.update(quote(piece, safe="") for piece in pieces if len(piece) > _SHORT)
    open_ = _open_parts(address)
    for part in sorted(parts, key=len, reverse=True):
        if part.lower() not in open_:
            text = text.replace(part, "…")
    return text


def _open_parts(address: str) -> set[str]:
    """Parts of an address that are no secrets: what is shown of it."""
    return {one.lower() for one in re.split(r"[/:…]+", shown(address)) if one}


def _parameters(address: str) -> set[str]:
    """The names of an address's parameters, however they are written: Apprise divides at `;`, too, and trims them."""
    pieces = re.split(r"[?&;]", address.partition("?")[2])
    return {re.sub(r"[^a-z0-9]", "", unquote(unquote(one.partition("=")[0])).lower()) for one in pieces}
