"""What we do with the machine that we run on: its files, its room. Imports nothing of ours; all may import it."""
