"""Helicone: what its manual logger and its asynchronous one send, taken where their endpoint is set to us.

May import `records` and other sources' machinery only.
"""
