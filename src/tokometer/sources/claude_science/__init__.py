"""Claude Science: its database of frames, as ccusage reads it."""
