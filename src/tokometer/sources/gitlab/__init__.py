"""GitLab: what its webhooks tell of merge requests and pushes. Imports records and what forges share."""
