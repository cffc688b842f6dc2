"""Reasonix as a source of files, and its statistics as records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.machine import host
from tokometer.sources.told import Told
from tokometer.sources.totals import COVERS, REQUESTS

NAME: Final = "reasonix"
_FILE: Final = re.compile(r"\d{4}-\d\d-\d\d\.jsonl")
_MARKS: Final = (b'"ts"', b'"prompt"', b'"completion"')


class Kept(msgspec.Struct):
    """What is remembered of a day."""

    asked: int = 0


class Statistics(LinesReader[Kept]):
    """One reading of one day."""

    Memory = Kept

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        if said.yes("turn"):
            self.memory.asked += 1
            return ()
        return self._call(said, offset)

    def _call(self, said: Told, offset: int) -> Iterator[Record]:
        prompt, output = said.whole("prompt") or 0, said.whole("completion") or 0
        hit, missed = said.whole("cache_hit") or 0, said.whole("cache_miss") or 0
        requests, total = said.whole("requests") or 0, said.whole("total") or 0
        if not total and not requests:
            return
        stamp = said.text("ts") if isinstance(said.raw("ts"), str) else str(said.raw("ts"))
        at = said.needed(said.moment("ts"), "ts")
        by, slash, model = said.text("model").partition("/")
        if not slash:
            by, model = "", by
        if not model:
            self.noticed.add("model", "a request without a model", offset)
        # There is no id: what it says, and where it stands, in case that it says it twice.
        identity = "\x1f".join((stamp, by, model, str(prompt), str(output), str(hit), str(requests)))
        digest = blake2b(identity.encode(), digest_size=12).hexdigest()
        asked, self.memory.asked = self.memory.asked, 0
        call = ModelCall(
            source=NAME,
            native_id=f"{self.path.name.partition('.')[0]}|{offset}|{digest}",
            started_at=at,
            machine=host(),
            provider=(provider_of(by) if by else "") or infer_provider(model),
            model=model,
            agent=NAME,
            user_messages=asked,
            labels={COVERS: "turn", REQUESTS: str(requests)} if requests > 1 else None,
        )
        if total:
            # What missed the cache is told by DeepSeek itself; else it is what is left of the prompt.
            call.input_tokens = missed or max(prompt - hit, 0)
            call.cache_read_tokens, call.output_tokens = hit, output
            call.reasoning_tokens = min(said.whole("reasoning") or 0, output)
        yield call


class Reasonix(LinesSource):
    """Statistics of Reasonix; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Reasonix"
    reader = Statistics

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of statistics."""
        named = folders.setting(env, "REASONIX_STATE_HOME", home) or folders.setting(env, "REASONIX_HOME", home)
        if named is not None:
            return [named / "stats"]
        return [home / ".reasonix" / "stats", home / "AppData" / "Roaming" / "reasonix" / "stats"]

    def files(self, root: Path) -> Iterable[Path]:
        """The days below a folder."""
        for path in folders.below(root, lambda name: _FILE.fullmatch(name) is not None):
            start = folders.head(path, 1 << 16)
            if _MARKS[0] in start and (b'"turn"' in start or all(mark in start for mark in _MARKS)):
                yield path


FOUND: Final = Reasonix()
