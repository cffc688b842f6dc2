"""Continue: the development data that it keeps of every generation, a line each.

Format: `tokensGenerated` of continuedev/continue, schemas 0.1.0 and 0.2.0.
"""
