"""Cline: the task folders of its extension, and the sessions of its command line."""
