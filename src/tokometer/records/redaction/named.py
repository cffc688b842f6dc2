"""Secrets that are known by what stands before them: a name, a header, a scheme, a flag."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tokometer.records.redaction.rule import Rule, made

#: Between the words of a name: `api_key`, `api-key`, `api key`, `apiKey`.
_GAP: Final = r"[-_. ]?"
#: Where a word begins, also after a line end that is written as an escape.
_START: Final = r"(?:(?<![A-Za-z])|(?<=\\[nrt]))"
#: Names of what is a secret whatever it looks like, …
_PASSWORDS: Final = rf"pass(?:word|wd|phrase|code)|{_START}pwd(?![\"'`\s:=>]{{1,4}}/)|{_START}psw|credentials?"
#: … of keys, …
_NAMES: Final = (
    rf"api{_GAP}keys?"
    rf"|(?:access|account|private|signing|encryption|master|subscription|auth|service|app|admin|shared|license|webhook)"
    rf"{_GAP}key(?:{_GAP}(?:id|base64))?"
    rf"|secret(?:{_GAP}access)?(?:{_GAP}key)?s?"
    rf"|(?:access|auth|refresh|session|id|bearer|api|bot|security|csrf|xsrf|oauth2?|personal|private|deploy|registry"
    rf"|service|user|admin|github|gitlab|slack|hf|npm|device|login|reset|webhook|sas|identity){_GAP}token"
    rf"|shared{_GAP}access{_GAP}signature|connection{_GAP}string"
)
#: … and of tokens, which may be numbers of tokens or words of a language, too.
_TOKENS: Final = rf"{_START}token|_token|-token|{_START}jwt"
#: Between a name and its value: quotes of the name, and `:`, `=`, `=>`, `:=`, or the end of a tag.
_IS: Final = r"\\{0,3}[\"'`]?\s{0,8}(?::=|=>|[:=>])\s{0,8}+"
#: What is said in place of a secret.
_NOT: Final = r"(?!…|(?:null|none|nil|true|false|undefined|required|missing|invalid)\b)"
#: A quote before a value, perhaps escaped, and the value: to that quote or the end of its line, else without spaces.
_QUOTE: Final = r"(?P<quote>\\{0,3}[\"'`])?"


def _pairs(name: str, words: str, least: int, needles: tuple[str, ...], example: tuple[str, str, str]) -> Rule:
    quoted = rf"(?:(?!(?P=quote))[^\r\n]){{{least},}}"
    plain = rf"(?:[^\s\"'`,;&}}<>\\]|\\(?![nrt\"'`\\])){{{least},}}"
    pattern = rf"(?i)(?P<kept>(?:{words}){_IS}{_QUOTE}){_NOT}(?(quote){quoted}|{plain})"
    return Rule(name, "", needles, pattern, example)


NAMED: Final = (
    Rule(
        "url-login",
        "",
        ("://",),
        # The user's name goes, too: tokens are often put there. Of several `@` the last one ends it.
        r"(?P<kept>://)(?!…)(?:[^\s/:@\"'<>]{0,256}:[^\s/\"'<>]{1,256}|[A-Za-z0-9_-]{20,256})(?=@)",
        ("postgres://", made("anna:{b12}"), "@db.example/app"),
    ),
    Rule(
        "authorization",
        "",
        ("authorization",),
        (
            rf"(?i)(?P<kept>authorization{_IS}(?:\\{{0,3}}[\"'])?(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{{1,4}}+)?)"
            rf"(?!…|(?:bearer|basic|token|digest|apikey|negotiate)\b)[^\s\"',;&}}\\]{{6,}}"
        ),
        ("Authorization: Token ", made("{b32}"), ""),
    ),
    Rule(
        "cookie",
        "",
        ("cookie",),
        rf"(?i)(?P<kept>cookies?{_IS}(?:\\{{0,3}}[\"'])?)(?!…)[^\r\n\"'\\]{{6,}}",
        ("Cookie: ", made("session={b32}; theme=dark"), ""),
    ),
    Rule(
        "bearer",
        "",
        ("bearer",),
        (
            rf"(?i)(?P<kept>{_START}bearer\s{{1,4}}+)"
            r"(?=[a-z._~+/=-]{0,15}[0-9]|[a-z._~+/=-]{16})[a-z0-9._~+/=-]{8,}"
        ),
        ("Bearer ", made("{b32}"), ""),
    ),
    Rule(
        "basic",
        "",
        ("asic ", "asic\t", "ASIC "),
        (
            rf"(?P<kept>{_START}[Bb](?:asic|ASIC)\s{{1,4}}+)"
            r"(?=[A-Za-z]{0,40}(?:[0-9+/=]|[a-z][A-Z]))[A-Za-z0-9+/]{8,}={0,2}"
        ),
        ("Basic ", made("{b24}=="), ""),
    ),
    _pairs(
        "password",
        _PASSWORDS,
        3,
        ("passw", "passphrase", "passcode", "pwd", "psw", "credential"),
        ("password=", made("{b10}"), ""),
    ),
    _pairs(
        "key",
        _NAMES,
        6,
        ("key", "secret", "token", "signature", "connection"),
        ("api_key: ", made("{b20}"), ""),
    ),
    Rule(
        "token",
        "",
        ("token", "jwt"),
        (
            rf"(?i)(?P<kept>(?:{_TOKENS}){_IS}(?:\\{{0,3}}[\"'`])?)"
            rf"(?![0-9.,]{{1,40}}(?![a-z0-9]))(?=[a-z_./+=~-]{{0,40}}[0-9])[a-z0-9._~+/=-]{{8,}}"
        ),
        ("MY_TOKEN=", made("{b20}"), ""),
    ),
    Rule(
        "signature",
        "",
        ("signature",),
        rf"(?i)(?P<kept>signature{_IS}(?:\\{{0,3}}[\"'`])?)[a-z0-9%+/=_-]{{20,}}",
        ("X-Amz-Signature=", made("{h64}"), "&b=2"),
    ),
    Rule(
        "flag",
        "",
        ("--",),
        rf"(?i)(?P<kept>(?<![a-z-])--(?:[a-z]{{1,20}}-){{0,4}}(?:{_PASSWORDS}|{_NAMES}|token)\s{{1,4}}[\"']?)(?!…|-)[^\s\"',;]{{4,}}",
        ("tool --api-key ", made("{b20}"), " --verbose"),
    ),
    Rule(
        "login-flag",
        "",
        ("-u", "--user"),
        r"(?P<kept>(?<![A-Za-z0-9-])(?:-u|--user)[ =][\"']?[^\s:\"'/]{1,64}:)(?!…)[^\s\"'/]{3,256}",
        ("curl -u anna:", made("{b12}"), " https://example"),
    ),
    Rule(
        "query",
        "",
        ("?", "&"),
        r"(?i)(?P<kept>[?&](?:key|apikey|auth|code|sig|pass|token)=)(?!…)[^\s&\"'<>#]{12,}",
        ("https://host/v1?a=1&key=", made("{b32}"), "&b=2"),
    ),
)

#: No name is longer.
_LONGEST_NAME: Final = 256
_SECRET_NAME: Final = rf"(?i)(?:{_PASSWORDS}|{_NAMES}|authorization|cookies?|token|bearer)\Z"


def names_a_secret(name: str) -> bool:
    """Whether what has this name (of a label, of a field) is a secret whatever it looks like."""
    return len(name) <= _LONGEST_NAME and _names_a_secret(name)


@lru_cache(4_096)
def _names_a_secret(name: str) -> bool:
    return re.search(_SECRET_NAME, name) is not None
