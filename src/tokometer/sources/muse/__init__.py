"""Muse Code: the events of its sessions and subagents, as ccusage reads them."""
