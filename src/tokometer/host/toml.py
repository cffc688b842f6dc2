"""TOML that somebody wrote by hand, whatever is in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

#: Digits of a number: no amount, limit or count has as many, and some take minutes to be written out.
_MOST_DIGITS: Final = 300


def brief(text: str, most: int = 300) -> str:
    """`text` as long as somebody reads it: its beginning and its end, of what is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


class NotToml(ValueError):
    """The text is not TOML, or has something in it that nobody can mean: the message says what, `key` where."""

    def __init__(self, reason: str, key: str = "") -> None:
        super().__init__(reason)
        self.key = key


def parse(text: str) -> dict[str, Any]:
    """What a text in TOML says, numbers with a point as Decimal, exactly as they are written.

    Raises:
        NotToml: It is not TOML, is nested too deeply, or has a number that is beyond all numbers.
    """
    import tomllib  # 4 to 10 ms, for those who have such a file

    try:
        content = tomllib.loads(text, parse_float=Decimal)
        _check_numbers(content)
    except RecursionError:
        raise NotToml("nested too deeply") from None
    except ArithmeticError:
        raise NotToml("a number has an exponent that no number can have") from None
    except NotToml:
        raise
    except ValueError as error:
        raise NotToml(brief(str(error))) from None
    return content


def _check_numbers(content: dict[str, Any]) -> None:
    waiting: list[tuple[str, Any]] = [("", content)]
    while waiting:
        key, at = waiting.pop()
        if isinstance(at, dict):
            waiting.extend((f"{key}.{name}".lstrip("."), value) for name, value in at.items())
        elif isinstance(at, list):
            waiting.extend((f"{key}[{number}]", value) for number, value in enumerate(at, 1))
        elif _is_endless(at):
            raise NotToml("a number has too many digits", key)


def _is_endless(value: object) -> bool:
    if isinstance(value, int):
        return value.bit_length() > 4 * _MOST_DIGITS
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    return abs(value.adjusted()) > _MOST_DIGITS or abs(int(value.as_tuple().exponent)) > _MOST_DIGITS
