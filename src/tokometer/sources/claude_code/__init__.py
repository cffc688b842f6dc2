"""Claude Code: the transcripts that it keeps under `projects/`, one line per thing that happened.

What it reads, how lines become calls and which of several copies counts is said for users in
`docs/reference/sources-claude-code.md`.
"""

from tokometer.sources.claude_code.found import FOUND, ClaudeCode

__all__ = ["FOUND", "ClaudeCode"]
