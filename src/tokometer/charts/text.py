"""How wide a text is, about, and how it is cut where there is no room for all of it.

No font is at hand where charts are laid out. The widths are those of Helvetica, plus what wider system fonts take more,
so that what fits here fits in every browser.
"""

from __future__ import annotations

from typing import Final

_NARROW: Final = {".": 0.28, ",": 0.28, ":": 0.28, "-": 0.33, "·": 0.28, " ": 0.28, "/": 0.28, "(": 0.33, ")": 0.33}
_LETTERS: Final = {"i": 0.23, "j": 0.23, "l": 0.23, "f": 0.28, "t": 0.28, "r": 0.34, "m": 0.83, "w": 0.72, "I": 0.28}
_WIDE: Final = {"M": 0.83, "W": 0.94, "%": 0.89, "…": 1.0, "@": 1.0}
_EM: Final = _NARROW | _LETTERS | _WIDE
#: Verdana and DejaVu Sans are this much wider than Helvetica.
_WIDER: Final = 1.13
_BOLD: Final = 1.07


def text_width(text: str, size: float = 11, *, bold: bool = False) -> float:
    """The width of a text in pixels, rather too large than too small."""
    em = sum(_EM.get(letter) or _width(letter) for letter in text)
    return em * size * _WIDER * (_BOLD if bold else 1)


def _width(letter: str) -> float:
    if letter > "\u2fff":  # ideographs and emoji
        return 1.0
    return 0.7 if letter.isupper() else 0.56


def fit(text: str, room: float, size: float = 11, *, bold: bool = False, least: int = 4) -> str:
    """`text` if it fits into `room` pixels, else cut in the middle; '' if fewer than `least` letters would be left."""
    if text_width(text, size, bold=bold) <= room:
        return text
    for kept in range(len(text) - 1, least - 1, -1):
        cut = middle(text, kept)
        if text_width(cut, size, bold=bold) <= room:
            return cut
    return ""


def middle(text: str, most: int) -> str:
    """`text` with at most so many letters, cut in the middle: what tells long names apart stands at both ends."""
    if len(text) <= most:
        return text
    end = max(1, (most - 1) // 2)
    return f"{text[: most - 1 - end]}…{text[-end:]}"
