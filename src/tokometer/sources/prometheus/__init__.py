"""Prometheus: exporters that we scrape, and Prometheus itself, which writes to us (remote write).

`exposition` reads what an exporter says, `meanings` says what its series mean by the `dialects`, `memory` leaves out
what has not changed, `scrape` is the poll.
"""
