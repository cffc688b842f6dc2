"""Junie (JetBrains): the events of its sessions, a line each.

The format is not documented; what is known of it is what tokscale reads.
"""
