"""Augment: the sessions of its command line (Auggie), a JSON document each.

The format is not documented; what is known of it is what tokscale reads.
"""
