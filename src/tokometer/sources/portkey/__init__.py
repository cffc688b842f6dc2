"""Portkey: exports of its logs. May import `records` and other sources' machinery only."""
