"""GitHub Copilot: an organisation's seats, what people do with them, requests and credits, and what GitHub bills."""
