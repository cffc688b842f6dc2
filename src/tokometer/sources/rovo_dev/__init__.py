"""Rovo Dev (Atlassian): the history of its sessions, as ccusage reads it."""
