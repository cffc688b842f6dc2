"""xAI: what is left of a team's prepaid credits."""
