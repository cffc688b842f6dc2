"""OpenClaw (was Clawdbot, Moltbot): transcripts, sessions and scheduled jobs, in files and in SQLite.

Both generations hold the same JSON; `entries` reads transcripts and `cron` runs of jobs, whatever they stand in.
"""

from tokometer.sources.openclaw.found import FOUND

__all__ = ["FOUND"]
