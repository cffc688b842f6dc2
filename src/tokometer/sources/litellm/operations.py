"""LiteLLM's words: which call types are calls of a model, and of what kind; what it puts among its users' metadata."""

from __future__ import annotations

from typing import Final

#: Call type (without the `a` of the asynchronous one) → our operation.
MODEL_CALLS: Final[dict[str, str]] = {
    "completion": "chat",
    "responses": "chat",
    "responses_websocket": "chat",
    "anthropic_messages": "chat",
    "generate_content": "generate_content",
    "generate_content_stream": "generate_content",
    "send_message": "chat",
    "text_completion": "text_completion",
    "embedding": "embeddings",
    "rerank": "rerank",
    "image_generation": "image_generation",
    "image_edit": "image_generation",
    "image_variation": "image_generation",
    "create_video": "video_generation",
    "video_remix": "video_generation",
    "video_edit": "video_generation",
    "video_extension": "video_generation",
    "speech": "speech",
    "transcription": "transcription",
    "moderation": "moderation",
    "ocr": "ocr",
    "realtime": "realtime",
    "pass_through_endpoint": "chat",
    "llm_passthrough_route": "chat",
}
#: Of a tool of an MCP server, called through LiteLLM.
MCP: Final = "call_mcp_tool"
#: Keys that stand in `requester_metadata` without that anybody said them of a call.
PUT_THERE: Final = frozenset({"headers", "used_client_oauth_token"})

#: What the others begin with, behind the `a` of the asynchronous one.
OTHERS: Final = (
    *("create_", "get_", "list_", "cancel_", "retrieve_", "delete_", "upload_", "run_", "file_", "vector_", "video_"),
    *("search", "container", "_add_", "compact_", "count_"),
)


def plain(call_type: str) -> str:
    """A call type without what says that it was asked for asynchronously: `acompletion`, `_arealtime`."""
    word = call_type.strip().lower().removeprefix("litellm.").removeprefix("_")
    if word in MODEL_CALLS or not word.startswith("a"):
        return word
    rest = word[1:]
    return rest.lstrip("_") if rest in MODEL_CALLS or rest.startswith(OTHERS) else word
