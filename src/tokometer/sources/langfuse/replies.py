"""What Langfuse's SDKs ask before they send anything, and what they are told."""

from __future__ import annotations

from typing import Final

import msgspec

from tokometer.sources.protocol import Answer, Reply

#: The version of Langfuse's API that is spoken: SDKs ask for 2 or 3.
VERSION: Final = "3.0.0"


def _json(content: object, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(content))


_HEALTHY: Final = _json({"status": "OK", "version": VERSION})
_PROJECTS: Final = _json(
    {
        "data": [
            {
                "id": "tokometer",
                "name": "Tokometer",
                "organization": {"id": "tokometer", "name": "Tokometer"},
                "metadata": {},
                "retentionDays": None,
            }
        ]
    }
)
#: Pictures and sound are not kept: an SDK that is given no address does not send them.
_NO_MEDIA: Final = _json({"mediaId": "", "uploadUrl": None})
#: In Langfuse's words, and in ours.
_NONE_KEPT: Final = "Tokometer keeps no prompts"
_NO_PROMPT: Final = _json({"message": _NONE_KEPT, "error": "LangfuseNotFoundError", "detail": _NONE_KEPT}, 404)

REPLIES: Final = (
    Reply("GET", "/api/public/health", "Whether Langfuse's SDKs can send here.", _HEALTHY),
    Reply("GET", "/api/public/projects", "Where Langfuse's SDKs send to: what their `auth_check` asks.", _PROJECTS),
    Reply("POST", "/api/public/media", "Where Langfuse's SDKs put media: nowhere, they are not kept.", _NO_MEDIA),
    Reply("GET", "/api/public/v2/prompts/{name}", "A prompt of Langfuse's: there is none.", _NO_PROMPT),
)
