"""What is measured: the kinds of record, and the words (statuses, providers, families, units) that they use.

Knows nothing of where a record comes from or goes to. Everything may import it; it imports nothing of ours.
"""

from tokometer.records.errors import RecordError, mistake
from tokometer.records.families import FAMILIES, family_of
from tokometer.records.ids import key_fingerprint, record_id, record_ids
from tokometer.records.kinds import (
    KINDS,
    PARTS,
    QUANTITIES,
    AgentRun,
    Bill,
    Change,
    Commit,
    Document,
    ErrorDetail,
    JobRun,
    KnowledgeBase,
    LogLine,
    ModelCall,
    ModelOnOffer,
    Record,
    Reported,
    Sample,
    Score,
    Step,
    ToolCall,
    merge,
    merge_rule,
)
from tokometer.records.model_ids import infer_provider
from tokometer.records.provider import Provider
from tokometer.records.providers import PROVIDERS, provider_of
from tokometer.records.refusal import MENDS, TOPICS, Notice, Refusal
from tokometer.records.status import ERRORS, STATUSES, Status, status_of
from tokometer.records.time import check_time, now_us, quarter_of, to_datetime, to_us

__all__ = [
    "ERRORS",
    "FAMILIES",
    "KINDS",
    "MENDS",
    "PARTS",
    "PROVIDERS",
    "QUANTITIES",
    "STATUSES",
    "TOPICS",
    "AgentRun",
    "Bill",
    "Change",
    "Commit",
    "Document",
    "ErrorDetail",
    "JobRun",
    "KnowledgeBase",
    "LogLine",
    "ModelCall",
    "ModelOnOffer",
    "Notice",
    "Provider",
    "Record",
    "RecordError",
    "Refusal",
    "Reported",
    "Sample",
    "Score",
    "Status",
    "Step",
    "ToolCall",
    "check_time",
    "family_of",
    "infer_provider",
    "key_fingerprint",
    "merge",
    "merge_rule",
    "mistake",
    "now_us",
    "provider_of",
    "quarter_of",
    "record_id",
    "record_ids",
    "status_of",
    "to_datetime",
    "to_us",
]
