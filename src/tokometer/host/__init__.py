"""What we do with this machine: its files, opened so that nothing in their place can hold us up.

The lowest layer, beside `records`: it imports nothing of ours, and every package may import it.
"""
