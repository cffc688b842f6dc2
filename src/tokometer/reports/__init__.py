"""What people take with them: panels and dashboards as CSV, JSON, Parquet, XLSX, SVG, PNG and PDF.

Made from the declarations of dashboards and their answers; knows nothing of HTTP. What takes long or much memory
(charts, pictures, PDF) is made by a process of its own, the :mod:`press <tokometer.reports.press>`. It starts without
dashboards: what is imported here needs none of them. May import `dashboards`, `charts`, `measures` and what lies below;
imported by `server` and `cli`.
"""

from tokometer.reports.formats import PAGE_FORMATS, PANEL_FORMATS, Format

__all__ = ["PAGE_FORMATS", "PANEL_FORMATS", "Format"]
