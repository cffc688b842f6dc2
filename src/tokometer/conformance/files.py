"""What a source of files has to stand. Every check starts with an empty home folder and an empty ledger."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from tokometer.conformance.databases import another_in_its_place, another_release
from tokometer.conformance.example import Files
from tokometer.conformance.mutations import cuts, snapshot, text_with_unknown, with_bad_lines
from tokometer.conformance.world import World, right, world
from tokometer.sources.protocol import Source

Check = Callable[[Source, Files, Path, Random], None]


def whole(source: Source, example: Files, folder: Path, random: Random) -> None:  # noqa: ARG001
    """All of it is found below the home folder, counted right, and counted once however often it is read."""
    with world(folder, source) as made:
        _write(made, example)
        files = made.files(example)
        assert files, "nothing of what the tool left is found"
        assert all(made.home in path.parents for path in files), "it looks outside of the home folder"
        made.bring_in(example)
        _expect(made, example)
        made.bring_in(example)
        _expect(made, example, "after a second import")
        first = [made.found.read(path, b"").records for path in files]
        assert [made.found.read(path, b"").records for path in files] == first, "reading is not a pure function"
        receipt = made.keep(made.jobs(files))
        assert not receipt.accepted, f"{receipt.accepted} records have other ids when they are read again"
        _expect(made, example, "after everything was read again")
        for path in files:
            path.unlink()
        made.bring_in(example)
        _expect(made, example, "after the tool's files were deleted")
        assert not made.ledger.audit()


def step_by_step(source: Source, example: Files, folder: Path, random: Random) -> None:  # noqa: ARG001
    """Following it as it grows gives what reading it at the end does."""
    with world(folder, source) as made:
        for step in example.steps:
            step(made.home)
            made.bring_in(example)
        _expect(made, example)


def in_any_order(source: Source, example: Files, folder: Path, random: Random) -> None:
    """The order in which files are read does not matter, nor that a reading was interrupted before it was kept."""
    with world(folder, source) as made:
        _write(made, example)
        files = made.files(example)
        random.shuffle(files)
        for path in files:
            made.found.read(path, b"")
            made.keep(made.jobs([path]))
        _expect(made, example)
        # The states are lost, as by a kill between a commit and the next.
        made.bring_in(example)
        _expect(made, example, "after an interruption")


def while_written(source: Source, example: Files, folder: Path, random: Random) -> None:
    """Whoever reads while lines are being written, in the midst of a line as well, misses and doubles nothing."""
    with world(folder, source) as made:
        _write(made, example)
        kept = snapshot(made.files(example))
        for path in kept:
            path.unlink()
        places = {path: cuts(len(content), random) for path, content in kept.items()}
        states: dict[str, bytes] = {}
        while places:
            path = random.choice(list(places))
            end = places[path].pop(0)
            _append(path, kept[path][path.stat().st_size if path.exists() else 0 : end])
            if not places[path]:
                del places[path]
            jobs = made.jobs([path] if path in made.files(example) else [], states)
            states |= {job.path: made.found.read(job.file, job.state).state for job in jobs}
            made.keep(jobs)
        _expect(made, example)


def rotated(source: Source, example: Files, folder: Path, random: Random) -> None:  # noqa: ARG001
    """A file that is written anew, emptied, or put in another's place is read from its start, and counts once."""
    with world(folder, source) as made:
        _write(made, example)
        made.bring_in(example)
        kept = snapshot(made.files(example))
        for path, content in kept.items():
            new = path.with_name(f"{path.name}.tmp")
            new.write_bytes(content)
            new.replace(path)
        made.bring_in(example)
        _expect(made, example, "after the files were replaced by copies")
        for path in kept:
            path.write_bytes(b"")
        made.bring_in(example)
        for path, content in kept.items():
            path.write_bytes(content)
        made.bring_in(example)
        _expect(made, example, "after the files were emptied and written anew")


def compressed(source: Source, example: Files, folder: Path, random: Random) -> None:  # noqa: ARG001
    """Where the source reads compressed files, they count as the plain ones did."""
    with world(folder, source) as made:
        _write(made, example)
        made.bring_in(example)
        for path, content in snapshot(made.files(example)).items():
            packed = path.with_name(f"{path.name}.zst")
            packed.write_bytes(_zstd(content))
            if packed in made.found.files(packed):
                path.unlink()
            else:
                packed.unlink()
        made.bring_in(example)
        _expect(made, example)


def unknown_fields(source: Source, example: Files, folder: Path, random: Random) -> None:  # noqa: ARG001
    """Fields that a later release of the tool adds change nothing."""
    with world(folder, source) as made:
        _write(made, example)
        for path, content in snapshot(made.files(example)).items():
            path.write_bytes(text_with_unknown(content, example.open_keys))
        made.bring_in(example)
        _expect(made, example)


def bad_lines(source: Source, example: Files, folder: Path, random: Random) -> None:
    """A line that cannot be read spoils only itself, and is counted."""
    with world(folder, source) as made:
        _write(made, example)
        before = made.told()
        for path, content in snapshot(made.files(example)).items():
            path.write_bytes(with_bad_lines(content, random))
        made.bring_in(example)
        _expect(made, example)
        assert made.told() > before, "lines that cannot be read vanished silently"


def spoilt(source: Source, example: Files, folder: Path, random: Random) -> None:  # noqa: ARG001
    """One broken thing spoils only itself, and is counted; what was kept before stays."""
    assert example.spoil is not None
    with world(folder, source) as made:
        _write(made, example)
        example.spoil(made.home)
        made.bring_in(example)
        assert made.told(), "what cannot be read vanished silently"
    with world(folder / "later", source) as made:
        _write(made, example)
        made.bring_in(example)
        example.spoil(made.home)
        made.bring_in(example)
        _expect(made, example, "after something broke that had been read")


def damaged(source: Source, example: Files, folder: Path, random: Random) -> None:
    """A file that is cut off or overwritten stops nothing and takes nothing back; mended, it is read to its end."""
    with world(folder, source) as made:
        _write(made, example)
        kept = snapshot(made.files(example))
        for path, content in kept.items():
            path.write_bytes(content[: random.randrange(len(content))] if content else b"")
        made.bring_in(example)
        for path, content in kept.items():
            at = random.randrange(len(content)) if content else 0
            path.write_bytes(content[:at] + bytes(byte ^ 0x55 for byte in content[at : at + 64]) + content[at + 64 :])
        made.bring_in(example)
    with world(folder / "mended", source) as made:
        _write(made, example)
        kept = snapshot(made.files(example))
        for path, content in kept.items():
            path.write_bytes(content[: len(content) // 2])
        made.bring_in(example)
        for path, content in kept.items():
            path.write_bytes(content)
        made.bring_in(example)
        _expect(made, example, "after cut files were whole again")


#: What holds for every form, and what for one alone.
CHECKS: Final[tuple[Check, ...]] = (whole, step_by_step, in_any_order)
CHECKS_BY_FORM: Final[dict[str, tuple[Check, ...]]] = {
    "lines": (while_written, rotated, compressed, unknown_fields, bad_lines),
    "document": (rotated, unknown_fields, damaged),
    "database": (rotated, damaged, another_in_its_place, another_release),
}


def checks_of(example: Files) -> list[Check]:
    """The checks that an example has to pass."""
    return [*CHECKS, *CHECKS_BY_FORM[example.form], *([spoilt] if example.spoil else [])]


def _write(made: World, example: Files) -> None:
    for step in example.steps:
        step(made.home)


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _expect(made: World, example: Files, when: str = "") -> None:
    found, wanted = made.totals(), right(example.totals)
    assert found == wanted, f"{made.source.name} ({example.name}) {when}: {found} is not {wanted}"


def _zstd(content: bytes) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from backports import zstd  # type: ignore[no-redef, unused-ignore]
    packed: bytes = zstd.compress(content)
    return packed
