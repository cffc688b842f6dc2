"""Vercel's AI Gateway: generations that were looked up, spend reports and credits.

May import `records` and other sources' machinery only.
"""
