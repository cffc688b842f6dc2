"""Free text without what must not be kept: keys, tokens, passwords."""

from __future__ import annotations

import re
from typing import Final

#: What a secret is replaced with.
MASK: Final = "…"
_SECRETS: Final = re.compile(
    # Keys by the prefixes that their makers give them, …
    r"\b(?:sk|pk|rk|xai|gsk|hf|ghp|gho|ghs|pplx|AIza|glpat|xox[abp])[-_A-Za-z0-9*]{10,}"
    # (of OpenAI's kind also the stumps that error messages quote), …
    r"|\b(?:sk|pk|sess)-[-_A-Za-z0-9*]{4,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{12,}"
    # … signed tokens, private keys, …
    r"|\beyJ[-_A-Za-z0-9]{8,}\.[-_A-Za-z0-9]{8,}(?:\.[-_A-Za-z0-9]*)?"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?"
    # … what follows the words of a header or stands in a URL, …
    r"|(?<=[Bb]earer )[^\s\"',;]{8,}|(?<=[Bb]asic )[A-Za-z0-9+/=]{12,}"
    r"|(?<=://)[^\s/:@\"']{1,256}:[^\s/@\"']{1,256}(?=@)"
)
#: … and what is said to be one: `"api_key": "…"`, `password=…`, `Authorization: …`. `max_tokens: 500` is none.
_NAMED: Final = re.compile(
    r"(?i)(\b(?:x-)?(?:api[-_ ]?key|apikey|authorization|(?:access|auth|refresh|session|id)[-_ ]?token"
    r"|client[-_ ]?secret|secret(?:[-_ ]?(?:access[-_ ]?)?key)?|passw(?:or)?d|pwd|cookie)\b"
    r"\\?[\"']?\s*[:=]\s*\\?[\"']?)"
    r"((?:(?:bearer|basic) )?(?!(?:bearer|basic)\b)[^\s\"',;&}\\]{6,})"
)


def redacted(text: str, most: int) -> str:
    """The first `most` characters of a text, without anything that looks like a secret or is not Unicode."""
    # Twice as much, so that a secret that ends beyond the cut is seen whole.
    start = text[: most * 2].encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return _NAMED.sub(_masked, _SECRETS.sub(MASK, start))[:most]


def _masked(found: re.Match[str]) -> str:
    return found[0] if found[2].startswith(MASK) else f"{found[1]}{MASK}"
