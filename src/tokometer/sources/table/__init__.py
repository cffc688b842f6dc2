"""Tables of any program: SQLite, CSV, Parquet, PostgreSQL and MySQL, by a map from columns to our fields.

May import `records`, `host` and other sources' machinery only.
"""
