"""`tokometer grafana`: dashboards for Grafana."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake
from tokometer.cli.shown import say


@click.group(short_help="Dashboards for Grafana.")
def grafana() -> None:
    """Write our dashboards as Grafana's."""


@grafana.command(short_help="Write dashboards, data sources and a guide for Grafana.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--url", metavar="URL", default="http://127.0.0.1:7420", show_default=True, help="Where Tokometer is.")
@click.option("--prometheus", metavar="URL", help="Write dashboards that ask Prometheus, too, which is there.")
@data_option
def export(folder: Path, url: str, prometheus: str | None, data: Path) -> None:
    """Write dashboards, provisioning files and a guide into a folder.

    \b
    tokometer grafana export grafana/
    tokometer grafana export grafana/ --url http://tokometer.internal:7420 --prometheus http://prometheus:9090

    Thresholds are those of tokometer.toml in the data folder, and colours those that the pages have.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.reports.grafana.export import files, write
    from tokometer.reports.grafana.sight import sight_of
    from tokometer.settings import FILE_NAME, SettingsError, read_settings

    try:
        settings = read_settings(data / FILE_NAME)
    except SettingsError as error:
        raise Mistake(str(error)) from error
    found = files(sight_of(settings, _address("--url", url), data), _address("--prometheus", prometheus or ""))
    write(folder, found)
    boards = sum(name.endswith(".json") for name in found)
    say(f"{boards} dashboards in {folder}, with data sources and a guide: see {folder / 'README.md'}")


def _address(option: str, url: str) -> str:
    parts = urlsplit(url)
    if (url or option == "--url") and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise Mistake(f"{option}: {url!r} is no address such as http://127.0.0.1:7420")
    return url.rstrip("/")
