"""Version 8 of the schema: commits and changes.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from typing import Final

from tokometer.ledger.tables import Table, columns_of

_EVERY: Final = """id: id
    small: quarter
    time: started_at
    name: workspace source
    text: native_id trace_id span_id parent_id
    int: revision origin
    name: machine account region
    int: label_set?
    """
_COLUMNS: Final[dict[str, str]] = {
    "commits": """name: repository
        text: sha
        name: branch number
        text: title refs
        name: author agent
        text: session_id
        int: files_changed? lines_added? lines_removed?
        name: project team environment""",
    "changes": """name: repository number branch target_branch
        text: title url
        name: author state draft
        text: ticket refs
        time: opened_at? merged_at? closed_at?
        int: commits? files_changed? lines_added? lines_removed?
        name: project team environment""",
}
#: The tables that are new.
TABLES: Final = tuple(Table(name, columns_of(_EVERY + columns), ("id",)) for name, columns in _COLUMNS.items())
