"""OpenRouter: what its account has used and paid by day and model, its credits and its keys."""
