"""Usage of Acme Coder, for Tokometer."""
