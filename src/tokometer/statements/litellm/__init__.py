"""LiteLLM's proxy: what it has spent by day, model and key, and the budgets of its keys and teams."""
