"""What a rule is: how one kind of secret is recognised."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

#: What a secret is replaced with.
MASK: Final = "…"
#: Where a key with a short prefix begins: after anything that is no letter or digit, also written as an escape.
EDGE: Final = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9a-fA-F]{2}))"

#: Of these, keys in examples are made. They are nobody's, and made at run time, so that no scanner finds any here.
_LETTERS: Final = "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4cD5eF6gH7iJ8kL9mN0oP1qR2sT3uV4wX5yZ6aB7cD8eF9gH"
_HEX: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
_MADE: Final = re.compile(r"\{([bhu])([0-9]+)\}")
_ANY_CASE: Final = "(?i)"


class Rule(NamedTuple):
    """How one kind of secret is recognised.

    Every pattern takes time linear in the text: what repeats without a limit is followed by nothing that can fail, and
    everything else has a limit.
    """

    name: str
    maker: str
    #: One of these stands in every text in which the pattern finds anything; in lower case where any case will do.
    needles: tuple[str, ...]
    #: What is replaced, as a regular expression; what its group `kept` finds stays in front of the mask.
    pattern: str
    #: What may stand before it, the secret itself, and what may stand after it.
    example: tuple[str, str, str]
    #: For free text only: as a name or an id it may be anything.
    prose: bool = False

    @property
    def any_case(self) -> bool:
        """Whether capital and small letters are the same to it."""
        return self.pattern.startswith(_ANY_CASE)

    def within(self, text: str, lower: str) -> bool:
        """Whether the pattern may find something in a text; `lower` is the text in lower case. At the speed of C."""
        looked_at = lower if self.any_case else text
        return any(needle in looked_at for needle in self.needles)

    def mask(self, text: str) -> str:
        """The text without what the pattern finds."""
        return _compiled(self.pattern).sub(_masked, text)


def made(example: str) -> str:
    """An example's text: `{b20}` becomes 20 letters and digits, `{h20}` as many of a hexadecimal number."""
    return _MADE.sub(lambda found: _some(found[1], int(found[2])), example)


def declared(lines: str) -> tuple[Rule, ...]:
    """Rules from lines of `name :: maker :: needles :: pattern [:: example]`.

    A pattern that begins with `^` begins at an :data:`EDGE`; an example says what its secret is between two bars, or is
    one. Without an example it is the first needle and 48 letters. A line that ends with a backslash goes on.
    """
    rules = []
    for line in filter(str.strip, lines.replace("\\\n", "").splitlines()):
        name, maker, needles, pattern, *more = line.strip().split(" :: ")
        known = tuple(needles.split())
        before, secret, after = (more[0] if "|" in more[0] else f"|{more[0]}|").split("|") if more else ("", "", "")
        rules.append(
            Rule(
                name,
                maker,
                known,
                EDGE + pattern[1:] if pattern.startswith("^") else pattern,
                (before, made(secret or known[0] + "{b48}"), after),
            )
        )
    return tuple(rules)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not before it is needed: compiling all of them would take a tenth of a start.
    return re.compile(pattern)


def _masked(found: re.Match[str]) -> str:
    return (found.groupdict().get("kept") or "") + MASK


def _some(kind: str, length: int) -> str:
    letters = _HEX if kind == "h" else _LETTERS.upper() if kind == "u" else _LETTERS
    return (letters * (length // len(letters) + 1))[:length]
