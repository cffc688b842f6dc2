"""ChatGPT Enterprise: tokens by person and day, and the threads, turns and credits of Codex."""
