"""Files that tell a Grafana where our data and dashboards are, when it starts."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from tokometer.reports.grafana.sight import INFINITY, JSON_API, TAG

#: Where the container of Grafana finds the folder `dashboards`.
MOUNTED: Final = "/var/lib/grafana/dashboards/tokometer"
PROMETHEUS_UID: Final = f"{TAG}-prometheus"


def datasources(url: str, prometheus: str = "") -> str:
    """Data sources: Infinity, which the dashboards use, JSON API, and Prometheus where its address is given."""
    found = f"""\
# Read by Grafana when it starts. {url} is Tokometer's address as Grafana's server reaches it.
apiVersion: 1
datasources:
  - name: Tokometer
    uid: {TAG}-infinity
    type: {INFINITY}
    access: proxy
    url: {_quoted(url)}
    editable: true
    jsonData:
      # Infinity asks no other host.
      allowedHosts:
        - {_quoted(_origin(url))}
      customHealthCheckEnabled: true
      customHealthCheckUrl: {_quoted(url + "/readyz")}
  - name: Tokometer (JSON API)
    uid: {TAG}-json
    type: {JSON_API}
    access: proxy
    url: {_quoted(url + "/api/grafana")}
    editable: true
    jsonData: {{}}
"""
    if prometheus:
        found += f"""\
  - name: Tokometer (Prometheus)
    uid: {PROMETHEUS_UID}
    type: prometheus
    access: proxy
    url: {_quoted(prometheus)}
    editable: true
    jsonData:
      httpMethod: POST
      timeInterval: 15s
"""
    return found


def dashboards() -> str:
    """The provider of dashboards: a folder of Grafana's for each folder of files."""
    return f"""\
# Read by Grafana when it starts, and the dashboards again every minute.
apiVersion: 1
providers:
  - name: Tokometer
    type: file
    disableDeletion: false
    allowUiUpdates: false
    updateIntervalSeconds: 60
    options:
      path: {MOUNTED}
      foldersFromFilesStructure: true
"""


def scrape(url: str) -> str:
    """What Prometheus needs to know."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"""\
# Below `scrape_configs` of prometheus.yml.
- job_name: tokometer
  scheme: {parts.scheme}
  scrape_interval: 15s
  static_configs:
    - targets: [{_quoted((parts.hostname or "") + port)}]
"""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
