"""What can be asked of the records that stand beside the calls; see :mod:`tokometer.measures.cubes`."""

# fmt: off
# ruff: noqa: E501 - a declaration is one line, so that adding one is, too

from __future__ import annotations

from tokometer.measures.cubes import Recorded
from tokometer.measures.kinds import HIGHER, LOWER, Count, Dimension, Distinct, Mean, Quantile, Ratio, Reading, Sum
from tokometer.records.units import BYTES, COUNT, PERCENT, RATIO, TOKENS


class Logs(Recorded, table="logs"):
    """One row per line of an application's log, for as long as lines are kept."""

    level = Dimension("level", description="How grave it is: `trace`, `debug`, `info`, `warning`, `error` or `fatal`.", drill=("logger",))
    logger = Dimension("logger", description="The component that wrote it.", drill=("level",))
    service = Dimension("service", description="The application.", drill=("logger",))
    error_type = Dimension("error_type", description="The class of the error, where the line tells of one.", drill=("logger",))
    route = Dimension("route", description="The route that was asked for.", drill=("logger",))
    provider = Dimension("provider", description="The provider that the line is about.", drill=("model",))
    model = Dimension("model", description="The model that the line is about.", drill=("session",))
    session = Dimension("session_id", description="The session.")
    project = Dimension("project", description="The project.", drill=("logger",))
    agent = Dimension("agent", description="The agent.", drill=("logger",))
    user = Dimension("user", description="Who asked.", drill=("session",))
    team = Dimension("team", description="The team.", drill=("user",))
    environment = Dimension("environment", description="The deployment.", drill=("logger",))

    lines = Count(unit=COUNT, title="Log lines", description="Lines of the application's log.", drill=("logger",))
    errors = Count(where={"level": ("error", "fatal")}, unit=COUNT, better=LOWER, title="Error lines", description="Lines of the levels `error` and `fatal`.", drill=("logger",))
    warnings = Count(where={"level": ("warning",)}, unit=COUNT, better=LOWER, description="Lines of the level `warning`.", drill=("logger",))
    error_share = Ratio(errors, lines, unit=PERCENT, better=LOWER, title="Share of error lines", description="Share of the lines that are of the levels `error` and `fatal`.", drill=("logger",))
    p50_duration = Quantile("duration_us", 0.5, exact=True, better=LOWER, title="p50 duration", description="Half of what the lines tell of took at most this long.", drill=("route",))
    p95_duration = Quantile("duration_us", 0.95, exact=True, better=LOWER, title="p95 duration", description="95 % of what the lines tell of took at most this long.", drill=("route",))
    mean_duration = Mean("duration_us", "duration_count", better=LOWER, description="How long what the lines tell of took on average.", drill=("route",))


class Scores(Recorded, table="scores"):
    """One row per judgement of a call, a session, a run or a trace. Scores of different names do not mix: filter or group by it."""

    score = Dimension("name", description="What was judged: `helpfulness`, `faithfulness`, …", drill=("model",))
    verdict = Dimension("text", description="The verdict, where it is a word.", drill=("model",))
    type = Dimension("type", description="What verdicts are: `number`, `boolean` (1 or 0) or `category`.", drill=("score",))
    target = Dimension("target", description="What was judged: a `call`, `session`, `run` or `trace`.", drill=("score",))
    author = Dimension("author", description="Who judged: a person, a judging model, the name of a check.", drill=("score",))
    author_type = Dimension("author_type", description="What judged: `human`, `model` or `code`.", drill=("author",))
    provider = Dimension("provider", description="The provider of what was judged.", drill=("model",))
    model = Dimension("model", description="The model of what was judged.", drill=("session",))
    agent = Dimension("agent", description="The agent that was judged.", drill=("session",))
    knowledge_base = Dimension("knowledge_base", description="The knowledge base that was drawn on.", drill=("model",))
    session = Dimension("session_id", description="The session.")
    project = Dimension("project", description="The project.", drill=("score",))
    user = Dimension("user", description="Who asked.", drill=("session",))
    team = Dimension("team", description="The team.", drill=("user",))
    environment = Dimension("environment", description="The deployment.", drill=("score",))

    scores = Count(unit=COUNT, description="Judgements.", drill=("score",))
    mean = Mean("value", "value_count", scale=1, unit=RATIO, better=HIGHER, title="Mean score", description="The mean of the scores that are numbers; of yes and no, the share of yes.", drill=("model",))
    yes = Sum("yes", unit=COUNT, better=HIGHER, title="Scores of yes", description="Scores that are yes or no, and yes: thumbs up, resolved, passed.", drill=("model",))
    no = Sum("no", unit=COUNT, better=LOWER, title="Scores of no", description="Scores that are yes or no, and no.", drill=("model",))
    p50 = Quantile("value_thousandths", 0.5, exact=True, unit=RATIO, better=HIGHER, title="p50 score", description="Half of the scores that are numbers are at most this.", drill=("model",))
    p10 = Quantile("value_thousandths", 0.1, exact=True, unit=RATIO, better=HIGHER, title="p10 score", description="A tenth of the scores that are numbers are at most this: how bad the bad ones are.", drill=("model",))
    max = Reading("value", "max", unit=RATIO, title="Highest score", description="The highest score.", drill=("model",))
    min = Reading("value", "min", unit=RATIO, title="Lowest score", description="The lowest score.", drill=("model",))
    last = Reading("value", "last", unit=RATIO, title="Latest score", description="The latest score.", drill=("model",))


class Models(Recorded, table="models"):
    """One row per model that a provider offers or a machine holds, as last told, placed at when that was."""

    provider = Dimension("provider", description="Who offers it.", drill=("model",))
    model = Dimension("model", description="The model as its provider names it.")
    family = Dimension("family", description="The family that the model belongs to: `claude`, `gpt`, `llama`, …", drill=("model",))
    installed = Dimension("installed", description="`yes` where it is on the machine and can be used at once, `no`, or unknown.", drill=("model",))
    tools = Dimension("tools", description="Whether it can call tools: `yes`, `no` or unknown.", drill=("model",))
    vision = Dimension("vision", description="Whether it reads images: `yes`, `no` or unknown.", drill=("model",))
    quantisation = Dimension("quantisation", description="How its weights are stored: `Q4_K_M`, `fp8`, …", drill=("model",))
    file_format = Dimension("file_format", description="`gguf`, `safetensors`, …", drill=("model",))
    status = Dimension("status", description="`available`, `downloading`, `beta`, `deprecated`, …", drill=("model",))
    licence = Dimension("licence", description="Its licence.", drill=("model",))

    models = Count(unit=COUNT, title="Models on offer", description="Models that are offered or installed.", drill=("model",))
    installed_models = Count(where={"installed": ("yes",)}, unit=COUNT, description="Models that are on a machine and can be used at once.", drill=("model",))
    with_tools = Count(where={"tools": ("yes",)}, unit=COUNT, title="Models with tools", description="Models that can call tools.", drill=("model",))
    providers = Distinct("providers", unit=COUNT, description="Different providers that offer models.", drill=("provider",))
    size = Sum("size_bytes", unit=BYTES, description="What the models take on disk, where that is known.", drill=("model",))
    largest_context = Reading("context_window", "max", unit=TOKENS, title="Largest context window", description="The most tokens that fit into one of the models.", drill=("model",))
    largest_model = Reading("parameters", "max", unit=COUNT, title="Most parameters", description="How many parameters the largest of the models has.", drill=("model",))


class KnowledgeBases(Recorded, table="knowledge_bases"):
    """One row per knowledge base, as last told, placed at when that was."""

    knowledge_base = Dimension("name", description="The knowledge base.")
    embedding_model = Dimension("embedding_model", description="The model that it is searched with.", drill=("knowledge_base",))
    provider = Dimension("provider", description="Who serves that model.", drill=("knowledge_base",))
    status = Dimension("status", description="Its state: `ready`, `building`, …", drill=("knowledge_base",))
    project = Dimension("project", description="The project.", drill=("knowledge_base",))
    team = Dimension("team", description="Whose it is.", drill=("knowledge_base",))
    environment = Dimension("environment", description="The deployment.", drill=("knowledge_base",))

    knowledge_bases = Count(unit=COUNT, description="Knowledge bases.", drill=("knowledge_base",))
    documents = Sum("documents", unit=COUNT, description="Documents that the knowledge bases say they hold.", drill=("knowledge_base",))
    chunks = Sum("chunks", unit=COUNT, description="Pieces that the documents are cut into, as the knowledge bases say.", drill=("knowledge_base",))
    tokens = Sum("tokens", unit=TOKENS, description="Tokens of the documents, as the knowledge bases say.", drill=("knowledge_base",))
    size = Sum("size_bytes", unit=BYTES, description="Size of the knowledge bases.", drill=("knowledge_base",))
    chunks_per_document = Ratio(chunks, documents, unit=RATIO, description="Pieces a document.", drill=("knowledge_base",))


class Documents(Recorded, table="documents"):
    """One row per document of a knowledge base, as last told, placed at when it was indexed or that was tried."""

    knowledge_base = Dimension("knowledge_base", description="The knowledge base that it is in.", drill=("document",))
    document = Dimension("title", description="The document's title.")
    path = Dimension("path", description="Where it came from.")
    status = Dimension("status", description="What became of it: `indexed`, `pending`, `failed`, `removed` or `unknown`.", drill=("document",))
    media_type = Dimension("media_type", description="What it is: `application/pdf`, `text/markdown`, …", drill=("document",))
    embedding_model = Dimension("embedding_model", description="The model that made its vectors.", drill=("document",))
    provider = Dimension("provider", description="Who serves that model.", drill=("document",))
    project = Dimension("project", description="The project.", drill=("document",))
    user = Dimension("user", description="Who put it there.", drill=("document",))
    team = Dimension("team", description="Whose it is.", drill=("document",))
    environment = Dimension("environment", description="The deployment.", drill=("document",))

    documents = Count(unit=COUNT, description="Documents.", drill=("document",))
    indexed = Count(where={"status": ("indexed",)}, unit=COUNT, better=HIGHER, title="Indexed documents", description="Documents that can be found.", drill=("document",))
    failed = Count(where={"status": ("failed",)}, unit=COUNT, better=LOWER, title="Failed documents", description="Documents that could not be indexed.", drill=("document",))
    failure_rate = Ratio(failed, documents, unit=PERCENT, better=LOWER, description="Share of the documents that could not be indexed.", drill=("document",))
    knowledge_bases = Distinct("knowledge_bases", unit=COUNT, description="Different knowledge bases that the documents are in.", drill=("knowledge_base",))
    chunks = Sum("chunks", unit=COUNT, description="Pieces that the documents are cut into.", drill=("document",))
    tokens = Sum("tokens", unit=TOKENS, description="Tokens of the documents.", drill=("document",))
    size = Sum("size_bytes", unit=BYTES, description="Size of the documents.", drill=("document",))
    chunks_per_document = Ratio(chunks, documents, unit=RATIO, description="Pieces a document.", drill=("document",))
    p95_duration = Quantile("duration_us", 0.95, exact=True, better=LOWER, title="p95 duration", description="95 % of the documents were indexed within this.", drill=("document",))
    mean_duration = Mean("duration_us", "duration_count", better=LOWER, description="How long indexing a document took on average.", drill=("document",))


class ErrorDetails(Recorded, table="error_details"):
    """One row per error that more is known of than its call tells, for as long as such details are kept."""

    status = Dimension("status", description="What kind of failure it was: `timeout`, `rate_limit`, `invalid_request`, `auth_error`, `server_error` or `cancelled`.", drill=("error_type",))
    error_type = Dimension("error_type", description="The class of the error.", drill=("message",))
    error_code = Dimension("error_code", description="The provider's own code.", drill=("message",))
    message = Dimension("message", description="What the error says.", drill=("session",))
    provider = Dimension("provider", description="The provider.", drill=("model",))
    model = Dimension("model", description="The model.", drill=("error_type",))
    operation = Dimension("operation", description="What was asked for: `chat`, `embeddings`, …", drill=("model",))
    endpoint = Dimension("endpoint", description="The API endpoint or route.", drill=("error_type",))
    api_key = Dimension("api_key", title="API key", description="The API key, masked.", drill=("error_type",))
    session = Dimension("session_id", description="The session.")
    project = Dimension("project", description="The project.", drill=("error_type",))
    agent = Dimension("agent", description="The agent.", drill=("error_type",))
    user = Dimension("user", description="Who asked.", drill=("session",))
    team = Dimension("team", description="The team.", drill=("user",))
    environment = Dimension("environment", description="The deployment.", drill=("error_type",))

    errors = Count(unit=COUNT, better=LOWER, title="Errors with details", description="Errors of which details are kept.", drill=("error_type",))
    with_stack_trace = Sum("stack_traces", unit=COUNT, title="Errors with a stack trace", description="Errors of which it is kept where in the program they happened.", drill=("error_type",))
    with_bodies = Sum("bodies", unit=COUNT, title="Errors with request or response", description="Errors of which it is kept what was sent or came back.", drill=("error_type",))
