"""What a bill's words mean: whose model it is, which, of which tokens, at which tier, counted in what.

Clouds name what they sell for their price lists: `USE1-Claude4.5Sonnet-output-tokens`, `gpt 4.1 mini Inp glbl Tokens`,
`Gemini 2.5 Pro Text Input - Predictions`. A resource (an ARN) says it better, where a line has one, and a table of the
account's own (deployments, application inference profiles) says it best.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from tokometer.records.providers import provider_of as slug_of

Keys = Mapping[str, str]

#: `arn:aws:bedrock:us-east-1::foundation-model/…`, `…:inference-profile/us.…`, `…/custom-model/…`.
_ARN: Final = re.compile(
    r"arn:aws[\w-]*:bedrock:[^:]*:[^:]*:(foundation-model|inference-profile|provisioned-model|"
    r"application-inference-profile|custom-model|imported-model)/(.+)"
)
#: What a cross-region profile puts before a model.
_ROUTE: Final = re.compile(r"^(us|eu|apac|global|us-gov|jp|au|ca|sa|me|af)\.(?=[a-z0-9-]+\.)")
#: `USE1-`, `EUC1-`, `APN1_`, `MP:`: a region before a usage type.
_REGION: Final = re.compile(r"^(?:[A-Z]{2,4}\d{0,2}[-_]|MP:)+")
_CLAUDE: Final = re.compile(
    r"claude[ -]?(?:(\d(?:[.-]\d)?)[ -]?(opus|sonnet|haiku)|(opus|sonnet|haiku)[ -]?(\d(?:[.-]\d)?(?!\d)))"
)
#: From this version on the family comes before it.
_FAMILY_FIRST: Final = 4
_GEMINI: Final = re.compile(r"gemini[ -](\d(?:\.\d)?)[ -](pro|flash[ -]lite|flash|ultra|nano)(?!\w)")
_NOVA: Final = re.compile(r"nova[ -]?(micro|lite|pro|premier|canvas|reel|sonic)")
#: Where a meter stops to name its model and begins to say what it counts.
_STOPS: Final = frozenset(
    re.split(
        " ",
        "inp input in inpt prompt outp output out opt completion cached cchd cache cch read write glbl global regnl "
        "regional rgnl dz dzone data zone batch bat tokens token tkn prty priority flex ptu pp provisioned std "
        "standard ft hosting hours hour unit units text audio img image images count cross mantle long short lctx "
        "ctx mm grdr rsn reasoning 5m 1h 1m 1k pred predictions",
    )
)
_MONTH_DAY: Final = re.compile(r"(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_WORDS: Final = re.compile(r"[\s_/:]+|(?<=\D)-|-(?=\D)|-(?=\d{3,})")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z])(?=\d)")

_TOKEN_TYPES: Final = (
    ("cache_write", re.compile(r"cache[ _-]*(write|creation|storage)|cachewrite|cache wr\b|cch wr")),
    ("cache_read", re.compile(r"cache[ _-]*(read|hit)|cacheread|cached|cchd|\bcch(d)?\b|cache inp")),
    ("output", re.compile(r"output|\boutp\b|\bout\b|\bopt\b|completion|generated|response|thinking|\bcompl\b")),
    ("input", re.compile(r"input|\binp[t]?\b|\bin\b|prompt")),
)
_TIERS: Final = (
    ("batch", re.compile(r"\bbatch\b|-batch|\bbat\b")),
    ("priority", re.compile(r"\bpriority\b|\bprty\b|-priority")),
    ("flex", re.compile(r"\bflex\b|-flex")),
)
_MULTIPLES: Final = (
    (re.compile(r"^\s*(?:per )?(?:1\s*b|1,?000,?000,?000|billion)\b"), 10**9),
    (re.compile(r"^\s*(?:per )?(?:(\d+)\s*m|1,?000,?000|millions?)\b"), 10**6),
    (re.compile(r"^\s*(?:per )?(?:(\d+)\s*k|1,?000|thousands?)\b"), 10**3),
    (re.compile(r"^\s*(?:per )?(?:(\d+)\s*h|100)\b"), 10**2),
)
_MODEL_SERVICES: Final = re.compile(r"bedrock")
_AZURE_MODELS: Final = re.compile(r"openai|cognitive services|azure ai|ai services|foundry|\bai\b")
_VERTEX: Final = re.compile(r"vertex|\bclaude\b")
_GEMINI_API: Final = re.compile(r"gemini api|google gemini|generative language")
_CLOUDS: Final = (
    (re.compile(r"amazon|aws"), "aws", (("bedrock", _MODEL_SERVICES),)),
    (re.compile(r"microsoft|azure"), "azure", (("azure", _AZURE_MODELS),)),
    (re.compile(r"google"), "google", (("google", _GEMINI_API), ("vertex", _VERTEX))),
)
_LONGEST: Final = 200


def table_of(text: str) -> dict[str, str]:
    """A table as people write it: a line or comma each, `what = model`; what may have stars."""
    found = {}
    for line in re.split(r"[\n,;]+", text):
        what, equals, model = line.partition("=")
        if equals and what.strip() and model.strip():
            found[what.strip().lower()] = model.strip()
    return found


def provider_of(keys: Keys) -> str:
    """Whose service it is, as calls name it; what else clouds sell is of `aws-cloud`, `azure-cloud` and so on."""
    return _provider(keys["provider"] or keys["publisher"], _service(keys), keys["resource"])


@lru_cache(maxsize=4_096)
def _provider(who: str, service: str, resource: str) -> str:
    name = who.lower()
    if resource.startswith("arn:aws") and ":bedrock:" in resource:
        return "bedrock"
    for pattern, cloud, services in _CLOUDS:
        if pattern.search(name) or (not name and pattern.search(service)):
            return next((slug for slug, words in services if words.search(service)), f"{cloud}-cloud")
    return slug_of(who) or next(
        (slug for _, _, services in _CLOUDS for slug, words in services if words.search(service)), "unknown"
    )


def _service(keys: Keys) -> str:
    parts = (keys["service"], keys["meter"], keys["described"])
    return " ".join(parts).lower()


def model_of(keys: Keys, table: Mapping[str, str]) -> str:
    """Which model a line is of; empty where nothing says so."""
    named = _tabled(keys, table) if table else ""
    return (
        named
        or keys["model"][:_LONGEST]
        or _model(keys["resource"], keys["meter"], keys["sku_described"], keys["described"], keys["service"])
    )


def unresolved(keys: Keys, table: Mapping[str, str]) -> str:
    """An application inference profile that the table does not know, whose name says nothing of its model."""
    found = _ARN.match(keys["resource"])
    if found is None or found[1] != "application-inference-profile" or _tabled(keys, table):
        return ""
    return found[2][:_LONGEST]


def _tabled(keys: Keys, table: Mapping[str, str]) -> str:
    about = [keys[name].lower() for name in ("resource", "resource_name", "meter", "sku", "described", "service")]
    for what, model in table.items():
        if "*" in what:
            if any(fnmatchcase(one, what) for one in about):
                return model
        elif any(one == what or one.endswith(f"/{what}") for one in about if one):
            return model
    return ""


@lru_cache(maxsize=8_192)
def _model(resource: str, meter: str, sku: str, described: str, service: str) -> str:
    found = _ARN.match(resource)
    if found is not None and found[1] in ("foundation-model", "inference-profile"):
        return _ROUTE.sub("", found[2])
    if found is not None and found[1] in ("custom-model", "imported-model"):
        return found[2][:_LONGEST]
    texts = (meter, sku, described, service)
    for text in texts:
        if named := _family(_spaced(text)):
            return named
    return _first_words(meter)


def _spaced(text: str) -> str:
    """`Claude4.5Sonnet` as `claude 4.5 sonnet`."""
    return " ".join(_CAMEL.sub(" ", text).lower().replace("_", " ").split())


def _family(text: str) -> str:
    """A model of a family whose names have a known form."""
    if found := _CLAUDE.search(text):
        version, family = (found[1], found[2]) if found[1] else (found[4], found[3])
        version = version.replace(".", "-")
        first = int(version[0]) >= _FAMILY_FIRST
        return f"claude-{family}-{version}" if first else f"claude-{version}-{family}"
    if found := _GEMINI.search(text):
        return f"gemini-{found[1]}-{found[2].replace(' ', '-')}"
    if found := _NOVA.search(text):
        return f"nova-{found[1]}"
    return ""


def _first_words(meter: str) -> str:
    """What a meter begins with, up to the words that say what it counts: `gpt 4.1 mini Inp glbl` is `gpt-4.1-mini`."""
    words: list[str] = []
    for word in _WORDS.split(_REGION.sub("", meter).strip().lower()):
        if (word in _STOPS and (words or word != "text")) or word.endswith("tokencount"):
            return "-".join(words)[:_LONGEST]
        # The day of a release, which not every meter has.
        if word and not (words and _MONTH_DAY.fullmatch(word)):
            words.append(word)
    # It says nowhere what it counts: then it is no model's meter.
    return ""


def token_type_of(keys: Keys) -> str:
    """Of which tokens a line is: `input`, `cache_read`, `cache_write`, `output`; empty for anything else."""
    return _token_type(keys["meter"], keys["sku_described"], keys["described"], keys["unit"] or keys["priced_unit"])


@lru_cache(maxsize=8_192)
def _token_type(meter: str, sku: str, described: str, unit: str) -> str:
    texts = [_spaced(text).replace("-", " ") for text in (meter, sku, described)]
    if not any("token" in text or "predictions" in text for text in (*texts, unit.lower())):
        return ""
    for text in texts:
        for name, pattern in _TOKEN_TYPES:
            if pattern.search(text):
                return name
    return ""


def tier_of(keys: Keys) -> str:
    """The service tier that a line names; empty where it names none."""
    about = f"{keys['meter']} {keys['sku_described']} {keys['described']}".lower()
    return next((name for name, pattern in _TIERS if pattern.search(about)), "")


def measured(amount: Decimal, unit: str, token_type: str, about: str) -> tuple[float, str]:
    """A quantity in its own unit: tokens one by one, whatever they are counted in; anything else as it is stated."""
    said = unit.lower()
    of_tokens = "token" in said or (bool(token_type) and not re.search(r"hour|month|day|gb|second|request|image", said))
    if not of_tokens:
        return float(amount), unit
    factor = _factor(said)
    if factor == 1 and "token" not in said:
        # `Units`, of which the description says how many tokens each is.
        factor = _factor(re.sub(r"^.*?(?=\b(?:million|1m|1,000,000|thousand|1k|1,000)\b)", "", about.lower()))
    return float(amount * factor), "tokens"


def _factor(text: str) -> int:
    for pattern, times in _MULTIPLES:
        if found := pattern.match(text):
            return times * int(found[1]) if found.lastindex and found[1] else times
    return 1
