"""Antigravity (Google): the conversations of its editor, its desktop application and its command line.

Each is a SQLite database whose rows are protobuf messages. Their fields are not documented; the numbers are those that
its programs carry with them, as ccusage and tokscale read them.
"""
