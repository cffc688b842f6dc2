"""Cursor: a team's members, what they do by day, and what each of their requests used and cost."""
