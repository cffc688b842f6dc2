"""What is declared about one provider."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

#: `cloud` bills tokens; `gateway` passes calls on, and their maker bills them; `local` runs on the user's own machine.
ProviderType = Literal["cloud", "gateway", "local"]


class Provider(Struct, frozen=True, kw_only=True, gc=False):
    """One service that answers model calls."""

    #: What records and the ledger carry.
    slug: str
    name: str
    #: `#rrggbb`, the same in light and dark.
    colour: str
    website: str
    docs: str
    #: Where its support is reached.
    contact: str
    type: ProviderType = "cloud"
    status: Literal["active", "beta", "deprecated"] = "active"
    #: Other spellings. Case and everything but letters and digits are ignored, so `x_ai`, `x-ai` and `xAI` are one.
    aliases: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """True where the user runs it himself, so that no tokens are billed."""
        return self.type == "local"
