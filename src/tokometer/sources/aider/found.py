"""Aider as a source of files, and the events of its log as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.told import Told

NAME: Final = "aider"
_MARKS: Final = (b'"event"', b'"properties"', b'"aider_version"')
_SENT: Final = "message_send"
_LAUNCH: Final = "launched"
_ASKED: Final = "message_send_starting"
#: What Aider writes instead of a model's name that it does not know.
_REDACTED: Final = "/REDACTED"


class Kept(msgspec.Struct):
    """What is remembered of a log."""

    #: When the program was started that writes just now (seconds): its session.
    launched: int = 0
    asked: int = 0


class Log(LinesReader[Kept]):
    """One reading of one log."""

    Memory = Kept

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        event = said.text("event")
        if event == _LAUNCH:
            self.memory.launched = said.whole("time") or 0
        elif event == _ASKED:
            self.memory.asked += 1
        elif event == _SENT:
            return self._call(said, offset)
        return ()

    def _call(self, said: Told, offset: int) -> Iterator[Record]:
        properties = said.within("properties")
        at = said.needed(said.moment("time"), "time")
        model = properties.text("main_model")
        by = ""
        if model.endswith(_REDACTED):
            by, model = model.removesuffix(_REDACTED), ""
        if not model:
            self.noticed.add("model", "a request of a model that Aider does not name", offset)
        prompt, output = properties.whole("prompt_tokens"), properties.whole("completion_tokens")
        user, mode = said.text("user_id"), properties.text("edit_format")
        identity = (user, at, model, prompt, output, properties.money("total_cost"))
        asked, self.memory.asked = self.memory.asked, 0
        yield ModelCall(
            source=NAME,
            native_id=blake2b(repr(identity).encode(), digest_size=16).hexdigest(),
            started_at=at,
            provider=infer_provider(model) or by,
            model=model,
            input_tokens=prompt,
            output_tokens=output,
            # It knows how much of the prompt was in the cache, and nobody else does.
            cost_reported=properties.money("cost") or None,
            session_id=f"{user[:8]}-{self.memory.launched}" if self.memory.launched else "",
            agent=NAME,
            user_messages=asked,
            labels={"mode": mode} if mode else None,
        )


class Aider(LinesSource):
    """Logs of Aider; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Aider"
    reader = Log

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """None, but the one that Aider's own variable names: the log lies where somebody wants it."""
        named = folders.setting(env, "AIDER_ANALYTICS_LOG", home)
        return [named] if named is not None else []

    def files(self, root: Path) -> Iterable[Path]:
        """The logs below a folder, by how they begin."""
        for path in folders.below(root, lambda name: name.endswith((".jsonl", ".json", ".log"))):
            start = folders.head(path)
            if all(mark in start for mark in _MARKS):
                yield path


FOUND: Final = Aider()
