"""Tests of tokometer.ledger.duckdb.bits: flipped bits that checksums give away."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.ledger.duckdb.bits import BLOCK, HEADER, HEADERS, checksum, mend_headers, set_right


def _said(computed: int, stored: int, at: int) -> str:
    sums = f"computed checksum {computed} does not match stored checksum {stored}"
    return f"Corrupt database file: {sums} in block at location {at}"


def test_the_checksum_is_duckdbs(tmp_path: Path) -> None:
    """Of a file that DuckDB wrote, every header has the checksum that we compute."""
    path = tmp_path / "x.duckdb"
    duckdb.connect(str(path)).close()
    content = path.read_bytes()
    for at in range(0, HEADERS, HEADER):
        stored = int.from_bytes(content[at : at + 8], "little")
        assert checksum(content[at + 8 : at + HEADER]) == stored
    assert mend_headers(path) == ""


@settings(max_examples=examples(40), deadline=None)
@given(seed=st.integers(0, 2**32), bit=st.integers(0, 8 * HEADER - 1), blank=st.booleans())
def test_a_flipped_bit_is_set_right_or_left_alone(seed: int, bit: int, blank: bool) -> None:
    """What is set right is what it was before; where another bit would explain it too, nothing is touched."""
    words = random.Random(seed).randbytes(HEADER - 8)
    body = words[:400] + bytes(HEADER - 408) if blank else words
    sound = checksum(body).to_bytes(8, "little") + body
    damaged = bytearray(sound)
    damaged[bit // 8] ^= 1 << bit % 8
    with TemporaryDirectory() as folder:
        path = Path(folder) / "l.duckdb"
        path.write_bytes(bytes(damaged))
        stored = int.from_bytes(damaged[:8], "little")
        done = set_right(path, path, _said(checksum(bytes(damaged[8:])), stored, 0))
        assert path.read_bytes() == (sound if done else bytes(damaged))


def test_more_than_a_bit_is_left_alone(tmp_path: Path) -> None:
    """No single bit explains a block of zeros, and nothing is guessed."""
    path = tmp_path / "l.duckdb"
    path.write_bytes(bytes(HEADERS + BLOCK))
    assert set_right(path, path, _said(5381, 12_345_678_901, HEADERS)) == ""
    assert set_right(path, path, "something else is wrong") == ""
    assert path.read_bytes() == bytes(HEADERS + BLOCK)
