"""What a text of a record can be: valid Unicode without controls and secrets, of a length that a person can read.

Nothing is refused for a text. What cannot be kept of it goes, and is counted by field (never with its content):

* **Controls** (C0, C1, sequences of terminals, marks of direction, what has no width) are taken out; of free text line
  ends and tabs stay.
* **Secrets** are masked (:mod:`tokometer.records.redaction`).
* **Names** longer than 200 characters end with an ellipsis.
* **Ids** that held a secret, a control or too much keep what can be read of their start and a hash of all that they
  were. It is made of the id alone, so the same id reads the same in every field and every process, two that differ go
  on differing, and a record that is read twice is one.

Everything here is idempotent: what has passed once passes unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from tokometer.records.labels import MAX_VALUE
from tokometer.records.lengths import MAX_LONG_TEXT, MAX_MESSAGE, MAX_NAME, MAX_TEXT
from tokometer.records.redaction import BEYOND, MASK, holding_secrets, masked

Class = Literal["name", "id", "long id", "label", "message", "long"]

#: What is kept of each class of text, in characters.
MOST: Final[dict[Class, int]] = {
    "name": MAX_NAME,
    "id": MAX_NAME,
    "long id": MAX_TEXT,
    # A longer one is cut, and reported, where labels are bounded.
    "label": MAX_VALUE + BEYOND,
    "message": MAX_MESSAGE,
    "long": MAX_LONG_TEXT,
}
_PROSE: Final = frozenset({"message", "long"})
#: Bytes of the hash in an id that is not kept whole.
_HASH_BYTES: Final = 8
_TAIL: Final = 1 + 2 * _HASH_BYTES
#: What terminals act on: sequences, then single characters; marks of direction, and what has no width (but the two
#: joiners, without which some scripts cannot be written).
_SEQUENCES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{0,4}[0-~]"
)
_BREAKS: Final = dict.fromkeys((*range(9, 14), 0x85, 0x2028, 0x2029), " ")
_CONTROLS: Final[dict[int, None]] = dict.fromkeys(
    (
        *range(32),
        *range(127, 160),
        *(0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
    )
)
_OF_NAMES: Final = {**_CONTROLS, **_BREAKS}
_OF_PROSE: Final = {code: to for code, to in _CONTROLS.items() if code not in (9, 10)}

#: Ids as machines make them, hexadecimal or with the prefix of a maker: in these no rule finds anything but what one
#: of the needles after it says. Most of what is read are such ids. Those of log events begin with the event's name:
#: the names are written out, as `app.api_key:` would be followed by a secret.
_MACHINE_MADE: Final = re.compile(
    r"(?:(?:(?:claude_code\.(?:api_request|api_error|tool_result)|codex\.(?:sse_event|api_request|tool_result)"
    r"|(?:gemini_cli|qwen-code)\.(?:api_response|api_error|tool_call)):(?=[0-9a-f])"
    r"|(?:msg|req|resp|toolu|srvtoolu|call|fc|rs|gen|chatcmpl|ctc|run|turn|limit)[_:-]"
    r"(?!A(?:[KSB]IA|CCA|Iza|T[AC]TT3|C[0-9a-f]{32})|SK[0-9a-f]{32}|dapi|AGE)"
    r"[0-9A-Za-z]*+(?:[:|](?=req_|[0-9a-f]+@| |\Z)|(?= |\Z))|[0-9a-f]++[:@|#/-]?+) ?)*+"
)
_IN_THOSE: Final = ("JQQJ99",)


#: So few different texts are first compared with those that were in order before, and so many are known.
_FEW: Final = 64
_REMEMBERED: Final = 20_000
_clean: Final[dict[Class, set[str]]] = {of: set() for of in MOST}


class Mended(NamedTuple):
    """What is kept of a text, and what was wrong with it."""

    text: str
    #: Whether a secret was masked.
    secret: bool
    #: What else was wrong, in words; empty where nothing was.
    words: str


def mended(texts: Collection[str], of: Class) -> dict[str, Mended]:
    """Those of some different texts that cannot be kept as they are, and what is kept of them.

    In the speed of C where that is none.
    """
    few = len(texts) <= _FEW
    if few:
        # The same names come again and again: a file has a hundred calls of one project.
        texts = set(texts) - _clean[of]
    if not texts:
        return {}
    suspects: set[str] = set()
    longest = max(map(len, texts))
    if longest > MOST[of]:
        suspects.update(text for text in texts if len(text) > MOST[of])
        texts = set(texts) - suspects
    joined = " ".join(texts)
    if not _machine_made(joined):
        if not joined.isprintable():
            suspects.update(text for text in texts if not text.isprintable())
        suspects.update(holding_secrets(texts, prose=of in _PROSE))
    found = {text: new for text in suspects if (new := _mend(text, of)).text != text}
    if few and longest <= MAX_NAME:
        _remember(texts, found, of)
    return found


def _remember(texts: Collection[str], found: Mapping[str, Mended], of: Class) -> None:
    """Know those that are in order; all are looked at anew once there are too many."""
    if len(_clean[of]) > _REMEMBERED:
        # A new one in its place: another thread may be looking at this one.
        _clean[of] = set()
    _clean[of].update(text for text in texts if text not in found)


def mend(text: str, of: Class = "name") -> str:
    """What is kept of one text."""
    found = mended((text,), of)
    return found[text].text if found else text


def _machine_made(joined: str) -> bool:
    return (
        joined.isascii()
        and _MACHINE_MADE.fullmatch(joined) is not None
        and not any(needle in joined for needle in _IN_THOSE)
    )


def _mend(text: str, of: Class) -> Mended:
    most, prose = MOST[of], of in _PROSE
    # What is far beyond the cut is not looked at: a text may be of any size.
    start = text[: most + BEYOND]
    clean = _cleaned(start, prose=prose)
    safe = masked(clean, prose=prose)
    secret = safe != clean
    words = "" if clean == start else "characters that are no text"
    if prose or of == "label":
        return Mended(safe[:most], secret, words)
    if len(safe) > most or len(text) > len(start):
        words = f"longer than {most:,} characters"
    if of == "name":
        return Mended(safe if len(safe) <= most else masked(safe[: most - 1] + MASK), secret, words)
    return Mended(_stand_in(text, safe, most) if secret or words else safe, secret, words)


def _cleaned(text: str, *, prose: bool) -> str:
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    if text.isprintable():
        return text
    clean = _SEQUENCES.sub("", text).translate(_OF_PROSE if prose else _OF_NAMES)
    return clean if prose or clean == text else clean.strip()


def _stand_in(text: str, safe: str, most: int) -> str:
    """What stands for an id: what can be read of its start, and a hash of the whole."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).hexdigest()
    stand_in = f"{safe[: most - _TAIL].rstrip(MASK)}{MASK}{digest}"
    # With the hash behind it, `password=1` would be one.
    return stand_in if masked(stand_in) == stand_in else MASK + digest
