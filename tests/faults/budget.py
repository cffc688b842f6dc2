"""How much the fault suite tries: thousands of inputs in `make test`, a million in `make faults`.

`FAULTS=long` asks for much; `FAULTS_SEED` repeats a run. An input is made of the seed, the test's name and a number.
One that fails is written to `build/faults/`, from where it belongs into `tests/faults/corpus/`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).with_name("corpus")
#: The short form tries the same inputs at every run, the long one new ones.
_SHORT_SEED = 8
#: Processor seconds that one input may take. A bound, not a speed: what it guards against takes minutes or has no end.
MOST_SECONDS = 10.0


@dataclass(frozen=True)
class Budget:
    """How much to try, and from which seed."""

    long: bool
    seed: int

    @classmethod
    @cache
    def from_environment(cls) -> Budget:
        """As `FAULTS` and `FAULTS_SEED` say."""
        long = os.environ.get("FAULTS", "") == "long"
        # The workers of one run have to agree, so that the number is passed on to them.
        seed = os.environ.setdefault("FAULTS_SEED", str(time.time_ns() // 10**9 if long else _SHORT_SEED))
        return cls(long, int(seed))

    def of(self, short: int, long: int) -> int:
        """How often to try something: so often in the short form, so often in the long one."""
        return long if self.long else short

    def random(self, name: str, number: int = 0) -> Random:
        """Chance of one's own: the same for the same seed, name and number."""
        return Random(f"{self.seed}:{name}:{number}")

    def rounds(self, name: str, short: int, long: int) -> Iterator[tuple[int, Random]]:
        """Numbers from 0, each with chance of its own."""
        for number in range(self.of(short, long)):
            yield number, self.random(name, number)

    @contextmanager
    def tried(self, decoder: str, number: int, data: bytes) -> Iterator[None]:
        """Try one input: where that fails the input is kept, and it must not take longer than a bound."""
        began = time.process_time()
        try:
            yield
            took = time.process_time() - began
            assert took < MOST_SECONDS, f"one input took {took:.0f} s"
        except BaseException as error:
            folder = ROOT / "build" / "faults" / decoder
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{self.seed}-{number}"
            path.write_bytes(data)
            error.add_note(f"input {number} of {decoder}, FAULTS_SEED={self.seed}; kept as {path.relative_to(ROOT)}")
            raise


def corpus(decoder: str) -> list[Path]:
    """The inputs that once did harm to a decoder, or are as odd as can be."""
    return sorted(path for path in (CORPUS / decoder).glob("*") if path.is_file())
