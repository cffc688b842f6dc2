"""Continue as a source of files, and its generations as records."""

from __future__ import annotations

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

NAME: Final = "continue_dev"
_FILE: Final = "tokensGenerated.jsonl"
_MARKS: Final = (b'"promptTokens"', b'"generatedTokens"')


class Kept(msgspec.Struct):
    """Nothing is remembered: every line says all."""


class Generations(LinesReader[Kept]):
    """One reading of the generations."""

    Memory = Kept

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        return self._call(Told(line), offset)

    def _call(self, said: Told, offset: int) -> Iterator[Record]:
        stamp = said.text("timestamp", "createdAt")
        at = said.needed(said.moment("timestamp", "createdAt"), "timestamp")
        model, by = said.text("model"), said.text("provider")
        prompt, output = said.whole("promptTokens"), said.whole("generatedTokens")
        if not prompt and not output:
            return
        if not model:
            self.noticed.add("model", "a generation without a model", offset)
        identity = "\x1f".join((stamp, model, by, str(prompt), str(output), said.text("userId")))
        yield ModelCall(
            source=NAME,
            native_id=blake2b(identity.encode(), digest_size=16).hexdigest(),
            started_at=at,
            machine=host(),
            provider=(provider_of(by) if by else "") or infer_provider(model),
            model=model,
            input_tokens=prompt,
            output_tokens=output,
            agent=NAME,
            user=said.text("userId"),
            labels={"editor": said.text("userAgent").partition("/")[0]} if said.text("userAgent") else None,
        )


class Continue(LinesSource):
    """Development data of Continue; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Continue"
    reader = Generations

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of development data."""
        return [(folders.setting(env, "CONTINUE_GLOBAL_DIR", home) or home / ".continue") / "dev_data"]

    def files(self, root: Path) -> Iterable[Path]:
        """The generations below a folder, of every version of their schema."""
        for path in folders.below(root, lambda name: name == _FILE):
            if all(mark in folders.head(path) for mark in _MARKS):
                yield path


FOUND: Final = Continue()
