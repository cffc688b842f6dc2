"""What a text of a record can be: names for people, ids that stay apart, nothing that must not be kept."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.records import texts
from tokometer.records.lengths import MAX_NAME
from tokometer.records.redaction import RULES, masked
from tokometer.records.texts import MOST, Class, mend, mended

CLASSES: tuple[Class, ...] = ("name", "id", "long id", "label", "message", "long")
KEY = "ghp_" + "a1B2" * 9


def test_a_name_is_as_long_as_a_person_can_read() -> None:
    """What is cut ends with an ellipsis; what is not stays as it is."""
    assert mend("n" * MAX_NAME) == "n" * MAX_NAME
    assert mend("n" * 1_000_000) == "n" * (MAX_NAME - 1) + "…"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("a\x1b]0;title\x07b", "ab"),
        ("left\u202eright\u2066x", "leftrightx"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\r\nlines\tand\0nul", "two  lines andnul"),
        ("half\ud83d", "half?"),
        ("naïve café 日本 \u200d", "naïve café 日本 \u200d"),
        ("no\u00a0break", "no\u00a0break"),
        ("\x9b31mC1", "C1"),
    ],
)
def test_controls_are_taken_out_of_names(given: str, kept: str) -> None:
    """No terminal acts on a name, and no mark of direction turns what stands after it."""
    assert mend(given) == kept


def test_free_text_keeps_its_lines() -> None:
    """A stack trace is read line by line."""
    assert mend("a\n\tb\x1b[1mc\r\n", "long") == "a\n\tbc\n"


def test_ids_that_hold_secrets_stay_apart_and_say_where_they_were() -> None:
    """Two keys are two ids, the same key is one, and neither can be read."""
    one, other = mend(f"run:{KEY}:3", "id"), mend(f"run:{KEY}x:3", "id")
    assert one != other
    assert one.startswith("run:…")
    assert KEY[4:12] not in one + other


def test_long_ids_stay_apart() -> None:
    """Although they begin the same."""
    one, other = mend("i" * 5_000 + "1", "id"), mend("i" * 5_000 + "2", "id")
    assert one != other
    assert len(one) <= MAX_NAME


def test_an_id_is_the_same_in_every_process() -> None:
    """What is read again by another one is the same record."""
    program = f"from tokometer.records.texts import mend; print(mend('run:' + {KEY!r}, 'id'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == mend("run:" + KEY, "id")


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["".join(rule.example) for rule in RULES]),
            st.text(max_size=40),
            st.sampled_from(["\x1b[31m", "\u202e", "\ud800", "x" * 300, "password=", "://", "@", "Bearer "]),
        ),
        max_size=5,
    ).map("".join),
    st.sampled_from(CLASSES),
)
def test_what_has_passed_once_passes_unchanged(text: str, of: Class) -> None:
    """Short enough, valid, and the same after a second time."""
    kept = mend(text, of)
    assert len(kept) <= MOST[of]
    kept.encode()
    assert "\x1b" not in kept
    assert mend(kept, of) == kept


_HEX = st.text("0123456789abcdef", min_size=1, max_size=40)
_EVENTS = ("claude_code.api_request", "claude_code.tool_result", "codex.sse_event", "gemini_cli.api_response")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("", *(f"{event}:" for event in _EVENTS), "req_", "toolu_", "call_", "msg_")),
            st.lists(st.tuples(_HEX, st.sampled_from(":@|#/-")).map("".join), max_size=6).map("".join),
            _HEX,
        ).map("".join),
        min_size=1,
        max_size=9,
        unique=True,
    )
)
@settings(max_examples=examples(150))
def test_what_looks_like_an_id_of_a_machine_is_one(ids: list[str]) -> None:
    """Whether ids are passed at a look or one by one, the same of them stays; what passes at a look is not masked."""
    assert mended(ids, "long id") == {one: found for one in ids if (found := texts._mend(one, "long id")).text != one}
    if texts._machine_made(" ".join(ids)):
        assert [masked(one) for one in ids] == ids


@pytest.mark.parametrize("event", _EVENTS)
def test_an_id_of_an_event_is_passed_at_a_look_and_a_key_is_not(event: str) -> None:
    """What log events are named by costs no search for secrets; what only looks alike does."""
    assert texts._machine_made(f"{event}:1f-2e/3d/17@18ec1f6ed440f4e7")
    assert not texts._machine_made("app.api_key:1f2e3d4c5b6a79881f2e3d4c5b6a7988")
    assert masked("app.api_key:1f2e3d4c5b6a79881f2e3d4c5b6a7988") != "app.api_key:1f2e3d4c5b6a79881f2e3d4c5b6a7988"


def test_many_ids_of_machines_are_looked_at_as_one() -> None:
    """The quick look says the same as the slow one."""
    plain = [f"msg_01{number:022x}:req_01{number:022x}" for number in range(2_000)]
    assert not mended(plain, "long id")
    for rule in RULES:
        if not rule.prose:
            held = "".join(rule.example)
            assert set(mended([*plain, held], "long id")) == {held}, rule.name
            assert set(mended([*plain, f"msg_{held}"], "long id")) <= {f"msg_{held}"}
