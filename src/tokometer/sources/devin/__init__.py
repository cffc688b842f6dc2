"""Devin's command line: its database of sessions, as tokscale reads it."""
