"""Cursor: the usage that its dashboard exports as CSV.

Columns: the export of cursor.com/dashboard in 2025 and 2026.
"""
