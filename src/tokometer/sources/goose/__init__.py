"""Goose: its database of sessions, and the files that they were before.

Schema: `session_manager.rs` of block/goose, versions 1 to 16.
"""
