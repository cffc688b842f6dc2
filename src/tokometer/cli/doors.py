"""The way to a data folder: its ledger, opened here, or the server that already holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tokometer.cli.problems import Mistake, told_in_one_line
from tokometer.cli.progress import Progressed
from tokometer.cli.remote import RemoteDoor, find_server
from tokometer.host.ending import watch
from tokometer.host.lock import await_end

if TYPE_CHECKING:
    from tokometer.collect.importer import Watch
    from tokometer.collect.reading import Prices
    from tokometer.ledger import Ledger
    from tokometer.measures import Question, Result
    from tokometer.prices import PriceBook
    from tokometer.reports.focus import Version
    from tokometer.reports.focus_file import Form
    from tokometer.sources.table.reading import Portion


class Door(Protocol):
    """What commands ask for. Answers are JSON objects, so that it makes no difference who gave them."""

    @property
    def words(self) -> str:
        """Who answers, for people."""

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a query: `{"columns": […], "rows": […]}`."""

    def ask_csv(self, question: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The answer to a query as CSV, and its window: `since`, `until` and `tz`, as in the `meta` of JSON."""

    def import_new(self, source: str, paths: tuple[Path, ...], progress: Progressed) -> dict[str, Any]:
        """Import what is new and say what it was; `progress` takes bytes."""

    def take(self, portion: Portion, place: str) -> dict[str, Any]:
        """Keep what a portion of a table says: `accepted`, `duplicate`, `changed`, `refused`, and `refusals`."""

    def export(self, kind: str, since: int, until: int) -> Iterator[dict[str, Any]]:
        """The records of a kind in a window (microseconds since the epoch), as objects of our own format."""

    def focus(self, period: str, form: Form, version: Version, tags: Sequence[str] | None) -> bytes:
        """A month as a FOCUS file; see :func:`tokometer.reports.focus_file.focus_file`."""

    def reprice(self, asked: Mapping[str, Any], progress: Progressed) -> dict[str, Any]:
        """Price calls anew and say what changes; with `apply`, keep it; with `undo`, undo the last time.

        `since` and `until` (microseconds since the epoch), `provider` and `model` say which calls.
        """

    def examine(self, *, audit: bool) -> dict[str, Any]:
        """Sources found, price coverage and the ledger's health."""

    def close(self) -> None:
        """Let go of the folder."""


class LocalDoor:
    """Opens the folder's ledger itself."""

    def __init__(self, data: Path) -> None:
        self.data = data

    @property
    def words(self) -> str:
        """Who answers, for people."""
        return str(self.data)

    @property
    def empty(self) -> bool:
        """True where the folder certainly has no ledger yet."""
        return not os.environ.get("TOKOMETER_LEDGER") and not any(self.data.glob("ledger.*"))

    @cached_property
    def ledger(self) -> Ledger:
        """The folder's ledger, opened on first use."""
        from tokometer.host.private import private_folder
        from tokometer.ledger.opening import open_ledger

        private_folder(self.data)
        opened = open_ledger(self.data)
        # A query is not interrupted by itself. The engine has threads now, so this process is forked no more.
        watch()
        return opened

    @property
    def prices(self) -> Prices:
        """Where the folder's prices are."""
        from tokometer.collect.reading import Prices

        return Prices.of(self.data, Path.home(), os.environ)

    @cached_property
    def book(self) -> PriceBook:
        """The prices, with the folder's overrides."""
        return self.prices.open()

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Run a query."""
        return self._run(question).to_json()

    def ask_csv(self, question: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Run a query."""
        result = self._run(question)
        return result.to_csv(), result.to_json(rows=False)["meta"]

    def import_new(
        self, source: str, paths: tuple[Path, ...], progress: Progressed, watch: Watch | None = None
    ) -> dict[str, Any]:
        """Import what is new. Files are being read while ledger and prices are still opening.

        `watch` is told when what it waits for is in, while the rest still comes.
        """
        from dataclasses import asdict

        from tokometer.collect.importer import import_all
        from tokometer.sources.registry import FILE_SOURCES

        summary = import_all(
            lambda: self.ledger,
            self.prices,
            {source: FILE_SOURCES[source]} if source else FILE_SOURCES,
            Path.home(),
            os.environ,
            paths,
            lambda done: progress(done.reach.bytes, done.reach.all_bytes),
            watch=watch,
            fresh=self.empty,
        )
        told = asdict(summary)
        if not paths and source in ("", "table"):
            self._read_on(told)
        return told

    def _read_on(self, told: dict[str, Any]) -> None:
        """Read on in the tables that settings name, which a server would ask."""
        from tokometer.settings import FILE_NAME, OwnTargets, SettingsError, read_settings

        try:
            named = [*OwnTargets(self.data).targets, *read_settings(self.data / FILE_NAME).targets]
        except SettingsError as error:
            # What the files brought is kept all the same.
            told["tables"], told["problems"] = 0, [f"Tables are not read: {error}"]
            return
        if not any(one.source == "table" for one in named):
            return
        from tokometer.collect.tabling import ask_tables, tables_of

        found = ask_tables(self.ledger, self.book, tables_of(self.data, os.environ))
        for name in ("accepted", "duplicate", "changed", "refused"):
            told[name] += found[name]
        told["refusals"] += found["refusals"]
        told["tables"], told["problems"] = found["tables"], found["problems"]

    def take(self, portion: Portion, place: str) -> dict[str, Any]:
        """Keep what a portion of a table says."""
        from tokometer.collect.tabling import keep

        return keep(self.ledger, self.book, portion, place)

    def export(self, kind: str, since: int, until: int) -> Iterator[dict[str, Any]]:
        """The records of a kind in a window."""
        from tokometer.collect.exporting import exported

        return exported(self.ledger, kind, since, until)

    def focus(self, period: str, form: Form, version: Version, tags: Sequence[str] | None) -> bytes:
        """A month as a FOCUS file."""
        from datetime import UTC, datetime

        from tokometer.reports.focus_file import FocusError, focus_file

        try:
            wanted = focus_file(period, form, version, tags, self.ledger.rolled, datetime.now(UTC))
        except FocusError as error:
            raise Mistake(error.reason) from None
        return wanted.made(lambda question: self._run(question).rows)

    def reprice(self, asked: Mapping[str, Any], progress: Progressed) -> dict[str, Any]:
        """Price calls anew."""
        from tokometer.collect.repricing import carry_out

        return carry_out(self.ledger, self.book, progress=progress, **asked)

    def examine(self, *, audit: bool) -> dict[str, Any]:
        """Look over the sources, the prices and the ledger."""
        from tokometer.collect.checkup import examine

        found = examine(self.ledger, self.book, home=Path.home(), env=os.environ, audit=audit)
        return {**found, "targets": self._targets()}

    def _targets(self) -> list[dict[str, Any]]:
        """What a server would ask; nobody does now."""
        from tokometer.settings import FILE_NAME, OwnTargets, SettingsError, read_settings

        own = OwnTargets(self.data)
        with suppress(SettingsError):
            told = [*own.targets, *read_settings(self.data / FILE_NAME).targets]
            named = {(one.source, one.called): one for one in told}
            return [
                {"source": one.source, "name": one.called, "url": one.url, "state": "not asked"}
                for one in named.values()
            ]
        return []

    def close(self) -> None:
        """Close the ledger if it was opened."""
        if "ledger" in self.__dict__:
            self.ledger.close()

    def _run(self, question: Mapping[str, Any]) -> Result:
        from datetime import UTC, datetime

        from tokometer.cli.deciding import settled
        from tokometer.judgement.asked import Asked, parse
        from tokometer.measures import answer, outcomes, rules
        from tokometer.measures.narrowing import MOST_LOOKED_AT
        from tokometer.measures.query import MOST_ROWS
        from tokometer.settings import FILE_NAME

        settings = settled(self.data)
        rules.use(settings.dimensions, self.data / FILE_NAME)
        outcomes.use(settings.outcomes)
        asked = parse(question)

        def ask(one: Question) -> Result:
            return answer(self.ledger, one, most=MOST_LOOKED_AT)

        if isinstance(asked, Asked):
            return asked.answer(settings, datetime.now(UTC), ask, self.book)
        return answer(self.ledger, asked, most=MOST_ROWS)


@contextmanager
def open_door(data: Path) -> Iterator[Door]:
    """Whoever can answer for a data folder; what goes wrong inside is told in one line."""
    server = find_server(data)
    if server is None:
        await_end(data / "server.lock")
    door: Door = RemoteDoor(server) if server else LocalDoor(data)
    try:
        with told_in_one_line():
            yield door
    finally:
        door.close()
