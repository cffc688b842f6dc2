"""Bills as files, as a kind of account."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tokometer.sources.protocol import PollError
from tokometer.statements.focus.lines import REPORT, refused, stated, stated_by_file
from tokometer.statements.focus.places import ENDINGS, place_of
from tokometer.statements.focus.plan import Statement, statements
from tokometer.statements.focus.reading import BillError, opened
from tokometer.statements.protocol import AccountKind, Asked, Key, Option, Portion, Report, Stated

#: What an uploaded file may unpack to, in bytes.
MOST_UNPACKED: Final = 4 << 30
_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 1 << 18


def _listed(asked: Asked) -> Sequence[Portion]:
    place = place_of(asked)
    return [one.portion for one in statements(asked, place)] if place else []


def _read(asked: Asked, portion: Portion) -> Iterator[Stated]:
    place = place_of(asked)
    found = next((one for one in statements(asked, place) if one.portion.name == portion.name), None) if place else None
    if place is None or found is None:
        raise PollError(f"{portion.name} is no longer there", absent=True)
    if found.error is not None:
        yield refused(asked, _shown(found), found.error)
        return
    try:
        with place.local(found.files) as paths, opened(paths, found.only) as bill:
            yield from stated(asked, bill, _shown(found), found.scope)
    except BillError as error:
        yield refused(asked, _shown(found), error)
    except OSError as error:
        raise PollError(f"{portion.name} cannot be read: {error.strerror or 'no reason given'}") from error


def _shown(statement: Statement) -> str:
    return statement.files[0].name if len(statement.files) == 1 else statement.portion.name


def _check(asked: Asked) -> Mapping[str, Any]:
    place = place_of(asked)
    if place is None:
        return {"files": "are uploaded"}
    found = statements(asked, place)
    bad = [one for one in found if one.error]
    if found and len(bad) == len(found):
        raise PollError(f"no file there is a bill: {bad[0].portion.name}: {bad[0].error}")
    return {"files": sum(len(one.files) for one in found), "statements": len(found) - len(bad)}


def _uploaded(content: bytes, name: str, asked: Asked) -> Iterator[Stated]:
    """An uploaded file's lines.

    Raises:
        PollError: It is none that is read here.
    """
    parquet, packed = content.startswith(b"PAR1"), content.startswith(b"\x1f\x8b")
    if packed:
        _check_unpacked(content)
    with TemporaryDirectory(prefix="tokometer-bill-") as folder:
        path = Path(folder) / ("bill.parquet" if parquet else "bill.csv.gz" if packed else "bill.csv")
        path.write_bytes(content)
        try:
            with opened([path]) as bill:
                yield from stated_by_file(asked, bill, name)
        except BillError as error:
            raise PollError(f"{name}: {error.field} {error}".replace(":  ", ": ")) from error


def _check_unpacked(content: bytes) -> None:
    """A small file can unpack to any size."""
    unpack, size = zlib.decompressobj(_GZIP), 0
    try:
        data = content
        while data and not unpack.eof:
            size += len(unpack.decompress(data, _PIECE))
            data = unpack.unconsumed_tail
            if size > MOST_UNPACKED:
                raise PollError(f"unpacks to more than {MOST_UNPACKED >> 30} GiB")
    except zlib.error as error:
        raise PollError("is no gzip file, or a damaged one") from error


def _has_place(options: Mapping[str, str]) -> bool:
    return bool(options.get("folder") or options.get("bucket"))


KIND: Final = AccountKind(
    name="focus",
    title="Bills as files (FOCUS)",
    about=(
        "Bills of AWS, Azure, Google Cloud and any other as FOCUS exports (1.0 to 1.4), AWS CUR 2.0 or Azure cost "
        "details: CSV and Parquet, from a folder, S3-compatible storage, or uploaded."
    ),
    provider="",
    address="https://s3.amazonaws.com",
    key=Key(
        title="Access key",
        example="ACCESS_KEY_ID:SECRET_ACCESS_KEY",
        help="For storage only; it needs to list and get the objects of the bucket. A folder needs none.",
        auth="aws4",
        needed=False,
    ),
    options=(
        Option(name="folder", title="Folder", help="Where the exports are on this machine"),
        Option(name="bucket", title="Bucket", help="With a prefix if there is one: billing/exports/focus"),
        Option(name="region", title="Region of the bucket", default="us-east-1"),
        Option(
            name="models",
            title="Models",
            help="A line each: a deployment, an inference profile or a meter (with *), =, and the model that it is",
        ),
        Option(name="team_tag", title="Tag of teams", help="The name of the tag that says whose charge it is"),
        Option(
            name="rows",
            title="Which lines",
            help="Those about models, or every line of the bill",
            choices=("models", "all"),
            default="models",
        ),
    ),
    reports=(
        Report(
            name=REPORT,
            title="Bills",
            first=timedelta(days=760),
            late=timedelta(days=760),
            portion=timedelta(days=31),
            read=_read,
            list=_listed,
            applies=_has_place,
        ),
    ),
    no_balance="A bill says what was charged, not what is left.",
    check=_check,
    every=6 * 3_600,
    uploads=_uploaded,
    accepts=ENDINGS,
)
