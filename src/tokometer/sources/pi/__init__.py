"""pi and its descendants: sessions of the same entries as OpenClaw's, which is built upon it.

Format: the session files of badlogic/pi-mono, version 3.
"""
