"""MiMo Code: a database of the same form as OpenCode's, of which it is a descendant."""
