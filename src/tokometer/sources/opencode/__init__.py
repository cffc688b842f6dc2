"""OpenCode: its sessions, in a database and in the JSON files of versions before."""

from tokometer.sources.opencode.found import FOUND

__all__ = ["FOUND"]
