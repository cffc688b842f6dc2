"""Send what your own program's models, tools, agents and jobs do to Tokometer, without ever waiting for it.

    from tokometer.client import Client

    meter = Client("http://127.0.0.1:7420")
    meter.call(provider="openai", model="gpt-5.2", prompt_tokens=1200, output_tokens=340, latency_ms=1830)

Nothing here needs anything but Python's own library. What does not fit into the queue is counted and dropped: a
program is never slowed down or stopped by its meter. See docs/how-to/python-client.md.
"""

from tokometer.client.client import Client
from tokometer.client.outgoing import Stats
from tokometer.client.scopes import Scope

__all__ = ["Client", "Scope", "Stats"]
