"""GitHub: what its webhooks tell of pull requests and pushes. Imports records and what forges share."""
