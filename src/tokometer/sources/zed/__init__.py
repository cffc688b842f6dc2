"""Zed: the threads of its own agent, compressed documents in a database."""
