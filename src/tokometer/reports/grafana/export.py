"""All files of an export, and writing them into a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tokometer.dashboards import DASHBOARDS
from tokometer.reports.grafana import provisioning
from tokometer.reports.grafana.board import board_of, title_of
from tokometer.reports.grafana.guide import guide
from tokometer.reports.grafana.prometheus import board_of as prometheus_board
from tokometer.reports.grafana.sight import Sight

#: The six dashboards of the monitoring suite; the others have a folder of their own.
SUITE: Final = ("overview", "model-performance", "providers", "business", "incidents", "tokens")
#: Columns of a line of JSON.
_WIDTH: Final = 120
_FOLDERS: Final = {True: "Tokometer", False: "Tokometer (further)"}


def files(sight: Sight, prometheus: str = "") -> dict[str, str]:
    """What is written, by path below the folder.

    Args:
        sight: Settings, colours, and our address.
        prometheus: Prometheus' address, for the dashboards that ask it; '' for none of these.
    """
    found = {
        f"dashboards/{_FOLDERS[name in SUITE]}/{name}.json": json_text(board_of(board, sight))
        for name, board in DASHBOARDS.items()
    }
    if prometheus:
        found |= _prometheus(sight)
    found["provisioning/dashboards/tokometer.yaml"] = provisioning.dashboards()
    found["provisioning/datasources/tokometer.yaml"] = provisioning.datasources(sight.url, prometheus)
    found["GUIDE.md"] = guide(DASHBOARDS.values(), sight)
    found["README.md"] = _readme(sight.url)
    return found


def _prometheus(sight: Sight) -> dict[str, str]:
    """The same for Prometheus, what it has to scrape, and which panels it cannot tell."""
    found, left_out = {}, []
    for name, board in DASHBOARDS.items():
        made, without = prometheus_board(board, sight)
        if made["panels"]:
            found[f"dashboards/Tokometer (Prometheus)/{name}.json"] = json_text(made)
        left_out += [f"* {board.title}: {title_of(board, panel)}" for panel in without]
    found["prometheus/scrape.yaml"] = provisioning.scrape(sight.url)
    found["prometheus/README.md"] = _PROMETHEUS + "\n".join(left_out) + "\n"
    return found


_PROMETHEUS: Final = """\
# Dashboards that ask Prometheus

Put `scrape.yaml` below `scrape_configs` of your prometheus.yml. Counters are of calls that began since Tokometer
started, and are extrapolated between scrapes: near the numbers of its pages, and not the same. Filters are provider and
model; judgements and latencies are by provider only.

Not in them, as Prometheus cannot tell them:

"""


def json_text(value: object) -> str:
    """JSON that a person can compare line by line: what fits into a line stands in one."""
    return _lines(value, 0) + "\n"


def _lines(value: object, depth: int) -> str:
    short = json.dumps(value, ensure_ascii=False)
    if len(short) <= _WIDTH - 2 * depth or not value or not isinstance(value, dict | list):
        return short
    inner = "  " * (depth + 1)
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(name, ensure_ascii=False)}: {_lines(one, depth + 1)}" for name, one in value.items()
        ]
        opening, closing = "{}"
    else:
        parts = [f"{inner}{_lines(one, depth + 1)}" for one in value]
        opening, closing = "[]"
    return f"{opening}\n" + ",\n".join(parts) + f"\n{'  ' * depth}{closing}"


def write(folder: Path, found: Mapping[str, str]) -> None:
    """Write the files; what else is in the folder stays.

    Grafana runs as a user of its own, and nothing in them is secret: everybody may read them.
    """
    for name, text in found.items():
        path = folder / name
        for parent in (folder, *reversed(path.relative_to(folder).parents[:-1])):
            made = folder / parent
            if not made.is_dir():
                made.mkdir(parents=True)
                made.chmod(0o755)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)


def _readme(url: str) -> str:
    return f"""\
# Tokometer in Grafana

Dashboards for Grafana 11 and later, made by `tokometer grafana export` from Tokometer's own. They ask {url}.

1. Install the data source: `grafana cli plugins install yesoreyeram-infinity-datasource` (and
   `marcusolsson-json-datasource`, if you want to build panels with JSON API).
2. Copy `provisioning/` over Grafana's folder of that name (`/etc/grafana/provisioning`), and `dashboards/` to
   `{provisioning.MOUNTED}`. With Docker:

       docker run -p 3000:3000 -e GF_INSTALL_PLUGINS=yesoreyeram-infinity-datasource,marcusolsson-json-datasource \\
         -v ./provisioning:/etc/grafana/provisioning -v ./dashboards:{provisioning.MOUNTED} grafana/grafana

3. Open the folder *Tokometer* in Grafana.

Grafana's server must reach Tokometer: export again with `--url` where it runs elsewhere, and let Tokometer listen there
(`tokometer serve --host`). [GUIDE.md](GUIDE.md) explains every panel.
"""
