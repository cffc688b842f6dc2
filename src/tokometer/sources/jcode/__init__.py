"""Jcode: snapshots of its sessions and the journals beside them, as tokscale reads them."""
