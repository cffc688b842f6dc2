"""Codebuff: its chats, a JSON document each.

The format is not documented; what is known of it is what others read: ccusage and tokscale.
"""
