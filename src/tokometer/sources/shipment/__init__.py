"""Records as another Tokometer read them: shipped to a server, or in a bundle, a file of shipments.

Unlike other sources this one changes no record's source: what Claude Code left on a laptop is Claude Code's wherever it
is kept, and has the same id. What is in a shipment is in docs/how-to/sources/shipment.md.
"""
