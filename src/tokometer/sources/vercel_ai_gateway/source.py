"""Vercel's AI Gateway, as the registry finds it."""

from typing import Final

from tokometer.sources.protocol import Source
from tokometer.sources.vercel_ai_gateway.exports import FOUND
from tokometer.sources.vercel_ai_gateway.polling import Account

SOURCE: Final = Source(
    name="vercel_ai_gateway",
    title="Vercel AI Gateway",
    family="gateways",
    about="Calls of generations that were looked up; spend reports and credits of its account.",
    found=FOUND,
    polled=Account(),
)
