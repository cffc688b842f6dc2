"""Calls that went through `tokometer proxy`: what it tells of each is one item here."""
