"""The ASGI app: ingest, API, pages, live. Thin: parse, call, reply.

May import everything below it; imported by `cli` only.
"""

from tokometer.server.serving import ServeError, serve

__all__ = ["ServeError", "serve"]
