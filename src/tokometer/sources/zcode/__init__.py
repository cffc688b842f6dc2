"""ZCode, Z.ai's coding agent: a database with a row for each request."""
