"""What programs call their tables and columns."""

from __future__ import annotations

import re
from typing import Final

#: The tables of a knowledge and chat program that Entity Framework made; two of them are certainly it.
KNOWN: Final = frozenset({"conversations", "messages", "ollamamodels", "knowledgecollections", "knowledgedocuments"})
#: Names beside those of our own record format, by field; the first that is there is taken.
TIMES: Final = (
    "startedat starttime requestedat createdat createdtime creationtime createdon createddate datecreated created "
    "timestamp requesttime sentat loggedat eventtime occurredat insertedat datetime time date usagedate day ts"
)
CHANGED: Final = "updatedat lastupdated lastupdatedat modifiedat lastmodified lastmodifiedat updatedon updated"
CALLS: Final = {
    "started_at": TIMES,
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
    "status": "wassuccessful issuccessful successful issuccess success succeeded",
    "http_status": "statuscode httpstatus",
    "stop_reason": "finishreason stopreason",
    "knowledge_base": "knowledgecollectionid knowledgebaseid knowledgeid collectionid knowledgebase",
}
MODELS: Final = {
    "started_at": f"{CHANGED} {TIMES} installationdate installedat",
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
BASES: Final = {
    "started_at": f"{CHANGED} {TIMES}",
    "name": "name title collectionname",
    "documents": "documentcount documents totaldocuments documentscount filecount",
    "chunks": "chunkcount totalchunks chunks",
    "tokens": "tokencount totaltokens tokens",
    "size_bytes": "sizebytes totalsize size totalsizebytes",
    "embedding_model": "embeddingmodel embeddingmodelname",
}
DOCUMENTS: Final = {
    "started_at": f"{CHANGED} processedat uploadedat {TIMES}",
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
OTHERS: Final = {"started_at": TIMES}
NAMES: Final = {"calls": CALLS, "models": MODELS, "knowledge_bases": BASES, "documents": DOCUMENTS}
#: What a table is called that holds a kind; tried in this order.
TABLES: Final = (
    (re.compile(r"(knowledge|rag).*(documents?|files?)$|^documents?$"), "documents"),
    (re.compile(r"knowledge(collections?|bases?)$|^collections?$"), "knowledge_bases"),
    (re.compile(r"(ollama|local|llm|ai)models?$|^models?$"), "models"),
    (re.compile(r"(tool)(calls?|uses?|invocations?)$"), "tools"),
    (re.compile(r"(job|cron)(runs?|history|executions?)$"), "jobs"),
    (re.compile(r"(agent)(runs?|executions?)$"), "runs"),
)
#: Any of these makes a table one of calls.
USED: Final = ("prompt_tokens", "input_tokens", "output_tokens", "total_tokens", "cost_usd")
#: Who wrote a message, and the words for the one that a model wrote, and for others.
ROLES: Final = ("role", "sender", "authorrole", "messagerole", "senderrole", "sendertype")
BY_MODEL: Final = ["assistant", "ai", "bot", "model", "llm", "gpt", "chatbot"]
#: Columns that say it by yes or no.
YES: Final = ["1", "true", "t", "y", "yes"]
NO: Final = ["0", "false", "f", "n", "no"]
ROLE_FLAGS: Final = ("isfromai", "isai", "isassistant", "isbot", "fromai", "aigenerated", "isaigenerated")
PEOPLE_FLAGS: Final = ("isuser", "isfromuser", "fromuser", "ishuman")
BY_OTHERS: Final = frozenset({"user", "human", "system", "developer", "tool", "function"})
CONVERSATIONS: Final = ("conversationid", "sessionid", "chatid", "threadid")
COLLECTIONS: Final = ("knowledgecollections", "knowledgebases", "collections")
#: Taken from the conversation where the message does not say.
OF_CONVERSATION: Final = ("model", "provider", "user", "team", "project", "knowledge_base")
SECONDS: Final = re.compile(r"(seconds|secs|sec|_s)$", re.IGNORECASE)
MILLI: Final = re.compile(r"(milliseconds|millis|ms)$", re.IGNORECASE)
MICRO: Final = re.compile(r"(microseconds|micros|us)$", re.IGNORECASE)
NANO: Final = re.compile(r"(nanoseconds|nanos|ns)$", re.IGNORECASE)
#: How many requests a row of a day tells of, the surest first; and the columns that say which day.
COUNTED: Final = ("requestscount", "requestcount", "requests", "dailycount", "apicalls")
DAYS: Final = ("usagedate", "usageday", "date", "day")
#: Parts of documents, whose tokens nobody was asked for.
PARTS: Final = re.compile(r"(chunks?|vectors?|segments?|pages?)$")
#: What says that a count of tokens is one of a model's work, beside the count.
WORKED: Final = (
    "model",
    "provider",
    "session_id",
    "user",
    "prompt_tokens",
    "input_tokens",
    "output_tokens",
    "cost_usd",
)
