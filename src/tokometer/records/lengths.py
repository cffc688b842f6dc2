"""How much is kept of a text, in characters."""

from __future__ import annotations

from typing import Final

#: Of a name, of most ids.
MAX_NAME: Final = 200
#: Longer names and ids than any tool uses; what is longer is something else (a prompt, say) in the wrong field.
MAX_TEXT: Final = 1024
#: Of an error message: the start says what happened, the rest can hold the request.
MAX_MESSAGE: Final = 500
#: Of stack traces and bodies.
MAX_LONG_TEXT: Final = 16_000
