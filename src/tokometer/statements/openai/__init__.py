"""OpenAI: an organisation's usage and costs, asked with an admin key."""
