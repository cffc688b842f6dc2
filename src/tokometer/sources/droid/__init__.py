"""Droid (Factory): its sessions, of each a settings file with totals and a transcript."""
