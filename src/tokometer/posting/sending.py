"""The process that sends: Apprise, for as long as one message takes; see :mod:`tokometer.posting.post`.

It is told what to send on its standard input, so that no list of processes has it, and says how that went on its
standard output. It knows nothing of the user whose machine it runs on: no home, no variables but those that reach the
network. Apprise reads no configuration and no plugins of anybody, and keeps nothing.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tokometer.host.children import end_with
from tokometer.posting.services import as_webhook, shown, without
from tokometer.records.redaction import redacted

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

#: Variables that stay: how to reach the network, and what to trust there.
_KEPT: Final = (
    *("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "WINDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
_NOWHERE: Final = "/nonexistent"
#: Characters of a reason that are handed on.
_REASON: Final = 300
#: What a chat takes as calling everybody: text that comes from records must not.
_CALLS: Final = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])", re.IGNORECASE)
_JOINER: Final = "\N{WORD JOINER}"


def main(parent: int) -> None:
    """Send what standard input says, once."""
    end_with(parent)
    # Whatever a library prints goes to where errors go, which is nowhere.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    forget_the_user()
    answers.write(json.dumps(send(json.load(sys.stdin.buffer))))
    answers.close()


def forget_the_user() -> None:
    """Have no home, no settings and no credentials that lie about: `~/.netrc`, `~/.config/apprise`, variables."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, HOME=_NOWHERE, USERPROFILE=_NOWHERE, XDG_CONFIG_HOME=_NOWHERE, XDG_CACHE_HOME=_NOWHERE)


def send(task: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message, or with `check` only look whether the address means something.

    Args:
        task: `url`; `title`, `body`, `kind` (Apprise's: info, success, warning, failure), `seconds`; `file` (Base64)
            with its `file_name`.

    Returns:
        `ok`, `why` not, `lasting` where trying again is of no use, `attached` where the file went with it.
    """
    url = str(task["url"])
    try:
        return _send(url, task)
    except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
        return _failed(url, f"{type(error).__name__}: {error}", lasting=False)


def _send(url: str, task: Mapping[str, Any]) -> dict[str, Any]:
    from apprise import Apprise, AppriseAsset

    seconds = float(task.get("seconds", 30))
    asset = AppriseAsset(
        app_id="Tokometer",
        app_desc="Tokometer",
        app_url="",
        plugin_paths=None,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        # What answers with another address is not told a secret there.
        http_redirects=False,
        async_mode=False,
        service_timeout=seconds,
        allow_templates=False,
        secure_logging=True,
        image_url_mask="",
        image_url_logo="",
    )
    service = service_of(url, asset)
    if service is None:
        return _failed(url, "this is no address that Apprise understands: see its page of the service", lasting=True)
    attached = bool(task.get("file")) and service.attachment_support
    if task.get("check"):
        return {"ok": True, "why": "", "lasting": False, "attached": bool(service.attachment_support)}
    said: list[str] = []
    apprise = Apprise(asset=asset)
    apprise.add(service)
    result = apprise.notify(
        title=harmless(str(task["title"])),
        body=harmless(str(task["body"])),
        notify_type=str(task.get("kind", "info")),
        body_format="text",
        attach=_file(task) if attached else None,
        timeout=seconds,
        log_callback=lambda entry, _: said.append(str(entry.message)),
        log_level=logging.WARNING,
    )
    if result:
        return {"ok": True, "why": "", "lasting": False, "attached": attached}
    return _failed(url, "; ".join(dict.fromkeys(said)) or "it was not taken, and nobody says why", lasting=False)


def _file(task: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the library's own
    from apprise.attachment import memory

    kind: Any = memory.AttachMemory
    return kind(content=b64decode(task["file"]), name=str(task["file_name"]), mimetype="application/pdf")


def service_of(url: str, asset: AppriseAsset) -> NotifyBase | None:
    """The service of an address; an http(s) address of none is posted JSON to."""
    from apprise import Apprise

    service = Apprise.instantiate(url, asset=asset)
    if service is None and url.lower().startswith(("http://", "https://")):
        service = Apprise.instantiate(as_webhook(url), asset=asset)
    return service


def harmless(text: str) -> str:
    """A text that calls nobody: names of models and projects come from whoever sends records."""
    return _CALLS.sub(lambda found: f"{found[0]}{_JOINER}", text)


def _failed(url: str, why: str, *, lasting: bool) -> dict[str, Any]:
    told = redacted(without(why.replace("\n", " "), url), _REASON)
    return {"ok": False, "why": f"{shown(url)}: {told}", "lasting": lasting, "attached": False}


if __name__ == "__main__":
    main(int(sys.argv[1]))
