"""Native ids are kept without what the row says anyway, and come back whole."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tokometer.ledger.native_ids import lengthen, shorten_all
from tokometer.ledger.rows import columns, record_of
from tokometer.ledger.schema import CALLS
from tokometer.records import ModelCall


def shorten(call: ModelCall) -> str:
    """What a call's row keeps of its native id."""
    (kept,) = shorten_all({name: [getattr(call, name)] for name in call.__struct_fields__})
    return kept


PARTS = st.text(alphabet="ab:|@\x01\x02\x03\x04\x05", max_size=6)


def test_what_the_row_says_takes_one_character_each() -> None:
    """A span's id shrinks to a constant; a message's to what only it says."""
    span = ModelCall(source="otlp", native_id="ab12:cd34@f4240", trace_id="ab12", span_id="cd34", started_at=1_000_000)
    assert shorten(span) == "\x01:\x02@\x04"
    message = ModelCall(source="claude_code", native_id="msg_1|req_2", request_id="req_2", started_at=1_000_000)
    assert shorten(message) == "msg_1|\x03"


@example(":", ":", "\x02", ["t", "t"])
@given(PARTS, PARTS, PARTS, st.lists(st.sampled_from(["t", "s", "r", "@", "start", "|", "\x03", "x"]), max_size=6))
def test_every_native_id_comes_back(trace: str, span: str, request: str, pieces: list[str]) -> None:
    """Whatever the id and the columns are, even where they hold the marks themselves."""
    start = 1_700_000_000_000_000
    parts = {"t": trace, "s": span, "r": request, "start": f"{start:x}"}
    native_id = "".join(parts.get(piece, piece) for piece in pieces)
    call = ModelCall(
        source="x", native_id=native_id, trace_id=trace, span_id=span, request_id=request, started_at=start
    )
    row = {"trace_id": trace, "span_id": span, "request_id": request, "started_at": start}
    assert lengthen(shorten(call), row) == native_id
    assert record_of(CALLS, [column[0] for column in columns(CALLS, [call])], {}) == call
