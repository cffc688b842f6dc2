"""Langfuse's ingestion API: what its SDKs send, taken where their host is set to us.

An event makes or updates a trace, an observation or a score; what is told of one in several events, in any order and in
several requests, is merged field by field (`records.record.IN_PARTS`). Newer SDKs send OTLP: see `sources.otlp`.
May import `records` and other sources' machinery only.
"""
