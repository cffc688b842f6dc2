"""Dashboards for Grafana, made of ours: one function for each kind of panel, and nothing for any single one.

`columns` and `flat` say what a panel's rows are called there; `sight`, `thresholds` and `links` what they look like;
`kinds` maps kinds of panels to those of Grafana, `promql` the same for Prometheus; `board` lays a dashboard out, and
`export` writes all files. The types are those of the Grafana Foundation SDK, imported when something is written.
"""

from tokometer.reports.grafana.columns import Column, column_of, field_of
from tokometer.reports.grafana.flat import flat

__all__ = ["Column", "column_of", "field_of", "flat"]
