"""A row of LiteLLM's table of spend logs → the payload that its callback would have sent, as far as the row knows it.

Rows come as its API gives them (JSON), or exported from the database, where nested values may be text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.records import RecordError
from tokometer.sources.jsonl import json_value

#: Columns of the table, `proxy/schema.prisma`; those in the second part are not looked at.
_COLUMNS: Final = """
    request_id call_type api_key spend total_tokens prompt_tokens completion_tokens startTime endTime
    completionStartTime request_duration_ms model model_id model_group custom_llm_provider api_base user metadata
    cache_hit request_tags team_id organization_id end_user session_id status mcp_namespaced_tool_name agent_id
    litellm_call_id

    cache_key requester_ip_address messages response proxy_server_request duration_ms created_at
    updated_at billing_agent_id
    """
COLUMNS: Final = frozenset(_COLUMNS.split())
#: What a row has that names it, and nothing else has.
NAMING: Final = frozenset({"request_id", "call_type", "startTime", "spend"})
_SAME: Final = (
    *("call_type", "startTime", "endTime", "completionStartTime", "model", "model_id", "model_group", "api_base"),
    *("custom_llm_provider", "cache_hit", "end_user", "agent_id", "status", "prompt_tokens", "completion_tokens"),
    *("total_tokens", "mcp_namespaced_tool_name", "user", "litellm_call_id"),
)
#: The cost breakdown and the rest that a row keeps in its metadata.
_OF_METADATA: Final = ("guardrail_information", "error_information", "cost_breakdown", "user_agent")


def payload_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that a row means.

    Raises:
        RecordError: What should be JSON in it is not.
    """
    said = _json(row, "metadata", {})
    if not isinstance(said, dict):
        raise RecordError("metadata", "is not a JSON object")
    metadata = dict(said)
    payload: dict[str, Any] = {name: row[name] for name in _SAME if row.get(name) not in (None, "")}
    payload |= {name: metadata[name] for name in _OF_METADATA if metadata.get(name) is not None}
    metadata.setdefault("user_api_key_hash", row.get("api_key"))
    metadata.setdefault("user_api_key_team_id", row.get("team_id"))
    metadata.setdefault("user_api_key_org_id", row.get("organization_id"))
    tags = _json(row, "request_tags", [])
    payload |= {
        "id": row.get("request_id"),
        # LiteLLM calls it a session; where nobody named one it is the request's trace.
        "trace_id": row.get("session_id"),
        "response_cost": row.get("spend"),
        "request_tags": tags if isinstance(tags, list) else [],
        "metadata": metadata,
    }
    return payload


def _json(row: Mapping[str, Any], column: str, empty: Any) -> Any:  # noqa: ANN401 - any JSON
    value = row.get(column)
    if isinstance(value, str):
        try:
            value = json_value(value) if value.strip() else empty
        except ValueError:
            raise RecordError(column, "is not JSON") from None
    return empty if value is None else value
