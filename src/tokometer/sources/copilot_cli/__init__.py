"""GitHub Copilot CLI: its sessions, the store of what they used, and the telemetry that it writes to files."""

from tokometer.sources.copilot_cli.found import FOUND

__all__ = ["FOUND"]
