"""Proposing a map from the names of tables and columns, as programs tend to choose them.

Names are compared in small letters and without what separates words: `PromptTokens`, `prompt_tokens` and
`prompt-tokens` are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from tokometer.records import KINDS
from tokometer.records.fields import FIELDS, REQUIRED
from tokometer.records.told_again import BESIDE, columns
from tokometer.sources.table.engines import Shape
from tokometer.sources.table.mapping import Join, TableMap, is_duration, names_of

#: Names beside those of our own record format, by field; the first that is there is taken.
_TIMES: Final = (
    "startedat starttime requestedat createdat createdtime creationtime createdon createddate datecreated created "
    "timestamp requesttime sentat loggedat eventtime occurredat insertedat datetime time date usagedate day ts"
)
_CHANGED: Final = "updatedat lastupdated lastupdatedat modifiedat lastmodified lastmodifiedat updatedon updated"
_CALLS: Final = {
    "started_at": _TIMES,
    "ended_at": "completedat finishedat endedat endtime",
    "model": "modelid modelname modelused llmmodel aimodel model llm modelversion",
    "provider": "provider providername modelprovider aiprovider llmprovider vendor",
    "prompt_tokens": "prompttokens prompttokencount promptevalcount",
    "input_tokens": "inputtokens tokensin inputtokencount tokensinput tokensprompt requesttokens",
    "cache_read_tokens": "cachereadtokens cachereadinputtokens cachedtokens cachedinputtokens cachehittokens",
    "cache_write_tokens": "cachewritetokens cachecreationtokens cachecreationinputtokens",
    "output_tokens": (
        "completiontokens outputtokens tokensout outputtokencount tokensoutput tokenscompletion "
        "completiontokencount responsetokens generatedtokens candidatestokens evalcount"
    ),
    "reasoning_tokens": "reasoningtokens thinkingtokens thoughtstokens",
    "total_tokens": "totaltokens tokencount tokensused tokenusage tokenstotal totaltokencount tokens",
    "cost_usd": "costusd totalcostusd cost totalcost amountusd price estimatedcost",
    "latency_ms": (
        "latencyms durationms responsetimems elapsedms processingtimems generationtimems latency duration "
        "responsetime elapsed elapsedtime processingtime generationtime durationseconds latencyseconds"
    ),
    "ttft_ms": "ttftms timetofirsttokenms ttft timetofirsttoken firsttokenms",
    "session_id": "conversationid sessionid chatid threadid",
    "user": "userid username useremail user createdby owner",
    "team": "team teamid department",
    "project": "project projectid projectname",
    "error_message": "errormessage error",
    "http_status": "statuscode httpstatus",
    "stop_reason": "finishreason stopreason",
    "knowledge_base": "knowledgecollectionid knowledgebaseid collectionid knowledgebase",
}
_MODELS: Final = {
    "started_at": f"{_CHANGED} {_TIMES} installationdate installedat",
    "model": "name modelname modelid model fullname",
    "title": "displayname title",
    "size_bytes": "sizebytes size sizeinbytes filesize",
    "parameters": "parametersize parametercount parameters",
    "quantisation": "quantizationlevel quantization quantisation",
    "file_format": "format fileformat",
    "tools": "supportstools tools",
    "installed": "isavailable installed isinstalled available",
    "progress": "downloadprogress progress",
    "status": "downloadstatus status state",
    "installed_at": "installedat installationdate installdate downloadedat",
    "last_used_at": "lastused lastusedat lastuseddate",
}
_BASES: Final = {
    "started_at": f"{_CHANGED} {_TIMES}",
    "name": "name title collectionname",
    "documents": "documentcount documents totaldocuments documentscount filecount",
    "chunks": "chunkcount totalchunks chunks",
    "tokens": "tokencount totaltokens tokens",
    "size_bytes": "sizebytes totalsize size totalsizebytes",
    "embedding_model": "embeddingmodel embeddingmodelname",
}
_DOCUMENTS: Final = {
    "started_at": f"{_CHANGED} processedat uploadedat {_TIMES}",
    "title": "filename title name documentname originalfilename",
    "knowledge_base": "collectionname knowledgecollectionid collectionid knowledgebaseid",
    "path": "filepath path sourceurl url source",
    "media_type": "contenttype mimetype mediatype filetype",
    "status": "processingstatus status state",
    "error_message": "errormessage processingerror error",
    "chunks": "chunkcount totalchunks chunks",
    "size_bytes": "filesize sizebytes size filesizebytes",
    "duration_ms": "processingtimems processingdurationms processingtime",
}
_OTHERS: Final = {"started_at": _TIMES}
_NAMES: Final = {"calls": _CALLS, "models": _MODELS, "knowledge_bases": _BASES, "documents": _DOCUMENTS}
#: What a table is called that holds a kind; tried in this order.
_TABLES: Final = (
    (re.compile(r"(knowledge|rag).*(documents?|files?)$|^documents?$"), "documents"),
    (re.compile(r"knowledge(collections?|bases?)$|^collections?$"), "knowledge_bases"),
    (re.compile(r"(ollama|local|llm|ai)models?$|^models?$"), "models"),
    (re.compile(r"(tool)(calls?|uses?|invocations?)$"), "tools"),
    (re.compile(r"(job|cron)(runs?|history|executions?)$"), "jobs"),
    (re.compile(r"(agent)(runs?|executions?)$"), "runs"),
)
#: Any of these makes a table one of calls.
_USED: Final = ("prompt_tokens", "input_tokens", "output_tokens", "total_tokens", "cost_usd")
#: Who wrote a message, and the words for the one that a model wrote.
_ROLES: Final = ("role", "sender", "authorrole", "messagerole")
_BY_MODEL: Final = ["assistant", "ai", "bot", "model"]
_CONVERSATIONS: Final = ("conversationid", "sessionid", "chatid", "threadid")
#: Taken from the conversation where the message does not say.
_OF_CONVERSATION: Final = ("model", "provider", "user", "team", "project", "knowledge_base")
_SECONDS: Final = re.compile(r"(seconds|secs|sec|_s)$", re.IGNORECASE)
_MILLI: Final = re.compile(r"(milliseconds|millis|ms)$", re.IGNORECASE)
_MICRO: Final = re.compile(r"(microseconds|micros|us)$", re.IGNORECASE)
_NANO: Final = re.compile(r"(nanoseconds|nanos|ns)$", re.IGNORECASE)
_COUNTED: Final = {"requestscount": "requests", "requestcount": "requests", "requests": "requests"}
#: The model of calls of which nothing names one.
UNNAMED: Final = "unknown"


def folded(name: str) -> str:
    """A name without what separates its words, in small letters."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


def proposed(shapes: Sequence[Shape]) -> list[TableMap]:
    """The maps of those tables that look like something of ours."""
    return [found for shape in shapes if (found := propose(shape, shapes)) is not None]


def propose(shape: Shape, shapes: Sequence[Shape], kind: str = "") -> TableMap | None:
    """A map of a table, or None where its names tell nothing. With `kind`, whatever can be told for it."""
    kind = kind or _kind(shape)
    if kind not in KINDS:
        return None
    if is_export(shape):
        names = [name for name in (*names_of(kind), *BESIDE) if name in shape.columns]
        unnamed: dict[str, str | int | float | bool] = {"model": UNNAMED} if kind == "calls" else {}
        return TableMap(table=shape.name, kind=kind, fields={name: name for name in names}, constants=unnamed)
    fields = _fields(shape, kind)
    _tell_times(shape, kind, fields)
    constants: dict[str, str | int | float | bool] = {}
    joins: list[Join] = []
    only: dict[str, list[str]] = {}
    if kind == "calls":
        joins = _conversation(shape, shapes, fields)
        only = _by_model(shape, fields)
        constants["model"] = UNNAMED
        _finish_calls(shape, fields)
    elif kind == "models" and not fields.get("provider"):
        constants["provider"] = "ollama" if "ollama" in folded(shape.name) else "unknown"
    elif kind == "documents":
        joins = _collection(shape, shapes, fields)
    id_ = shape.key or _first(shape, ("id", "uuid", "guid", "rowid")) if kind != "models" else ""
    return TableMap(
        table=shape.name,
        kind=kind,
        fields=fields,
        constants=constants,
        units=_units(kind, fields),
        id="" if KINDS[kind].identity else id_,
        cursor=_cursor(shape, id_, fields),
        only=only,
        joins=joins,
    )


def _tell_times(shape: Shape, kind: str, fields: dict[str, str | list[str]]) -> None:
    """What is told of a model is as new as its row."""
    if KINDS[kind].identity:
        words = _NAMES.get(kind, _OTHERS)["started_at"].split()
        times = list(dict.fromkeys(column for word in words if (column := _first(shape, [word]))))
        if len(times) > 1:
            fields["started_at"] = times


def is_export(shape: Shape) -> bool:
    """Whether it is a file that `tokometer export` wrote: it has every record's id and source."""
    return {"native_id", "source", "started_at", "revision", "labels"} <= shape.columns.keys()


def lacking(one: TableMap) -> list[str]:
    """The fields without which no row of a table would be taken."""
    told = {*one.fields, *one.constants}
    spelled = {field.name: {field.name, *field.aliases} for field in FIELDS[one.kind]}
    return [name for name in ("started_at", *REQUIRED[one.kind]) if not told & spelled[name]]


def _kind(shape: Shape) -> str:
    if is_export(shape):
        # Of its own kind it has least beside, and then lacks least.
        named = shape.columns.keys()
        return min(KINDS, key=lambda kind: (len(named - columns(kind).keys()), len(columns(kind).keys() - named)))
    name = folded(shape.name)
    for pattern, kind in _TABLES:
        if pattern.search(name):
            found = _fields(shape, kind)
            return kind if all(found.get(one) for one in REQUIRED[kind] if one != "provider") else ""
    fields = _fields(shape, "calls")
    timed = bool(fields.get("started_at"))
    return "calls" if timed and any(fields.get(one) for one in _USED) else ""


def _fields(shape: Shape, kind: str) -> dict[str, str | list[str]]:
    """Field → column, by their names; a column fills one field."""
    found: dict[str, str | list[str]] = {}
    taken: set[str] = set()
    own = _NAMES.get(kind, _OTHERS)
    names = {field.name: [*own.get(field.name, "").split(), folded(field.name)] for field in FIELDS[kind]}
    aliases = {field.name: [folded(alias) for alias in field.aliases] for field in FIELDS[kind]}
    for table in (names, aliases):
        for name, words in table.items():
            if name in found or name in _NEVER or (name == "input_tokens" and "prompt_tokens" in found):
                continue
            column = _first(shape, words, taken)
            if column:
                found[name] = column
                taken.add(column)
    # Ours, exactly so called, is what it says: what we exported.
    return found | {name: name for name in names if name in shape.columns and name not in _NEVER}


#: Not by their names alone: an id and a source of others are no ids and sources of ours.
_NEVER: Final = frozenset({"id", "source", "revision", "labels", "metadata", "tags", "parts", "quantities", "type"})


def _first(shape: Shape, words: Iterable[str], taken: Iterable[str] = ()) -> str:
    by_word: dict[str, str] = {}
    for column in shape.columns:
        if column not in taken:
            by_word.setdefault(folded(column), column)
    return next((by_word[word] for word in words if word in by_word), "")


def _conversation(shape: Shape, shapes: Sequence[Shape], fields: dict[str, str | list[str]]) -> list[Join]:
    """What is known of a message by its conversation."""
    column = _first(shape, _CONVERSATIONS)
    other, key = _pointed_to(shape, column, shapes, ("conversations", "conversation", "sessions", "chats", "threads"))
    if other is None:
        return []
    theirs = _fields(other, "calls")
    for name in _OF_CONVERSATION:
        told = theirs.get(name)
        if isinstance(told, str):
            mine = fields.get(name)
            further = f"{other.name}.{told}"
            fields[name] = [mine, further] if isinstance(mine, str) else further
    return [Join(other.name, column, key)]


def _collection(shape: Shape, shapes: Sequence[Shape], fields: dict[str, str | list[str]]) -> list[Join]:
    """The name of the collection that a document is in."""
    column = fields.get("knowledge_base")
    if not isinstance(column, str):
        return []
    names = ("knowledgecollections", "knowledgebases", "collections")
    other, key = _pointed_to(shape, column, shapes, names)
    title = _first(other, ("name", "title")) if other is not None else ""
    if other is None or not title:
        return []
    fields["knowledge_base"] = [f"{other.name}.{title}", column]
    return [Join(other.name, column, key)]


def _pointed_to(shape: Shape, column: str, shapes: Sequence[Shape], names: Sequence[str]) -> tuple[Shape | None, str]:
    """The table and the column that a column points to: as the database says, or as names do."""
    if not column:
        return None, ""
    by_name = {one.name: one for one in shapes}
    target, key = shape.references.get(column, ("", ""))
    if target in by_name:
        return by_name[target], key or by_name[target].key
    by_word = {folded(one.name): one for one in shapes}
    other = next((by_word[name] for name in names if name in by_word), None)
    key = (other.key or _first(other, ("id",))) if other is not None else ""
    return (other, key) if other is not None and other is not shape and key else (None, "")


def _by_model(shape: Shape, fields: dict[str, str | list[str]]) -> dict[str, list[str]]:
    """Of messages those that a model wrote; a count of a message's tokens is that of the answer."""
    column = _first(shape, _ROLES)
    if not column:
        return {}
    if (
        "output_tokens" not in fields
        and "total_tokens" in fields
        and folded(str(fields["total_tokens"]))
        in (
            "tokencount",
            "tokens",
        )
    ):
        fields["output_tokens"] = fields.pop("total_tokens")
    return {column: _BY_MODEL}


def _finish_calls(shape: Shape, fields: dict[str, str | list[str]]) -> None:
    """What several columns say together."""
    fields |= {f"labels.{_COUNTED[folded(column)]}": column for column in shape.columns if folded(column) in _COUNTED}
    changed = _first(shape, _CHANGED.split())
    if changed:
        fields["revision"] = changed
    # A total beside what it is the sum of says nothing, and other programs add up otherwise.
    if "output_tokens" in fields and ("prompt_tokens" in fields or "input_tokens" in fields):
        fields.pop("total_tokens", None)


def _cursor(shape: Shape, id_: str, fields: dict[str, str | list[str]]) -> str | list[str]:
    """What changes when a row does; else what grows with the rows; else their time."""
    changed = _first(shape, _CHANGED.split())
    if changed:
        made = _first(shape, _TIMES.split())
        same = made and made != changed and shape.columns[made] == shape.columns[changed]
        return [changed, made] if same else changed
    if id_ and "int" in shape.columns.get(id_, "") and "point" not in shape.columns[id_]:
        return id_
    told = fields.get("started_at", "")
    return told if isinstance(told, str) else told[0]


def _units(kind: str, fields: dict[str, str | list[str]]) -> dict[str, str]:
    """The units of durations, by the ends of their columns' names; milliseconds where these say nothing."""
    found = {}
    for name, told in fields.items():
        column = told if isinstance(told, str) else told[0]
        if is_duration(kind, name):
            ends = ((_MILLI, "ms"), (_MICRO, "us"), (_NANO, "ns"), (_SECONDS, "s"))
            unit = next((unit for pattern, unit in ends if pattern.search(column)), "ms")
            if unit != "ms":
                found[name] = unit
    return found
