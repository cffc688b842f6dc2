"""Crush: a database in every project, which keeps what a session cost.

Schema: the migrations of charmbracelet/crush, 2025 and 2026.
"""
