"""What others say that a call cost: every key with who sends it, and how they become one cost.

A stated total is the cost, be it zero; without one the costs of input and output are added up. All are US dollars
unless a currency is stated; a cost in another currency is not taken, and noticed. OpenLIT states zero where it knows no
price, which is no cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tokometer.records import RecordError
from tokometer.records.values import MAX_NANO_USD, money
from tokometer.sources.otlp.objects import decoded
from tokometer.sources.otlp.tokens import table
from tokometer.sources.otlp.unread import note

_KEYS: Final = """
cost
    gen_ai.usage.cost: OpenLIT, Laminar
    gen_ai.usage.total_cost: others
    gen_ai.usage.cost_usd: others
    gen_ai.cost_usd: others
    gen_ai.cost.total_cost: LiteLLM
    litellm.cost.total: LiteLLM's newer callback
    gen_ai.cost.total: others
    gen_ai.cost.total_tokens: Sentry
    gen_ai.cost.amount: genai-otel
    gen_ai.cost.usd: others
    operation.cost: pydantic-ai, Logfire
    llm.cost.total: OpenInference
    llm.usage.cost: others
    llm.usage.total_cost: others
    llm.cost_usd: others
    cost_usd: Claude Code
cost_input
    gen_ai.cost.input_cost: LiteLLM
    gen_ai.usage.input_cost: any-agent, Laminar
    gen_ai.cost.input: others
    gen_ai.cost.input_tokens: Sentry
    gen_ai.cost.prompt_cost: others
    litellm.cost.input: LiteLLM's newer callback
    llm.cost.prompt: OpenInference
    llm.cost.input: others
    llm.usage.prompt_cost: others
cost_output
    gen_ai.cost.output_cost: LiteLLM
    gen_ai.usage.output_cost: any-agent, Laminar
    gen_ai.cost.output: others
    gen_ai.cost.output_tokens: Sentry
    gen_ai.cost.completion_cost: others
    litellm.cost.output: LiteLLM's newer callback
    llm.cost.completion: OpenInference
    llm.cost.output: others
    llm.usage.completion_cost: others
cost_tools
    gen_ai.cost.tool_usage_cost: LiteLLM
    litellm.cost.tool_usage: LiteLLM's newer callback
currency
    gen_ai.usage.cost.currency: others
    gen_ai.usage.cost_currency: others
    gen_ai.cost.currency: others
    llm.cost.currency: others
    operation.cost.currency: others
"""
#: Attributes that hold an object of costs, as JSON or as a map: name → who sends it.
COST_OBJECTS: Final = {
    "langfuse.observation.cost_details": "Langfuse",
    "mlflow.llm.cost": "MLflow",
    "gen_ai.cost": "others",
    "hidden_params": "LiteLLM",
}
#: What a cost is made of, or how it came about: read by nobody, and no loss.
COST_PARTS: Final = (
    "gen_ai.cost.",
    "litellm.cost.",
    "llm.cost.prompt_details.",
    "llm.cost.completion_details.",
    "gen_ai.usage.cost.",
)

#: Who states a cost of zero for what it has no price for.
_ZERO_IS_UNKNOWN: Final = "openlit"
_LANGFUSE: Final = "langfuse.observation.cost_details"
_HIDDEN: Final = "hidden_params"
_TOTALS: Final = ("total", "total_cost", "totalCost", "cost")
_SIDES: Final = ("input", "output", "input_cost", "output_cost", "prompt_cost", "completion_cost")
_USD: Final = frozenset({"usd", "us$", "$", "us dollar", "us dollars"})
_COST_SLOTS: Final = frozenset({"cost", "cost_input", "cost_output", *COST_OBJECTS})


#: Slot → attribute → who sends it; the first choice first.
COST_KEYS: Final = table(_KEYS)


def cost_of(found: dict[str, Any]) -> int | None:
    """What a span says it cost, in nano-USD; None where it does not say.

    Raises:
        RecordError: A cost in an object cannot be believed.
    """
    if found.keys().isdisjoint(_COST_SLOTS):
        return None
    cost = _cost(found)
    currency = found.get("currency", "")
    if cost is not None and currency and currency.strip().lower() not in _USD:
        note(found, "usage", f"cost in {currency[:12]}, not in USD")
        return None
    return None if cost == 0 and found.get("instrumentation") == _ZERO_IS_UNKNOWN else cost


def _cost(found: dict[str, Any]) -> int | None:
    cost: int | None = None
    if _LANGFUSE in found:
        cost = _from_object(_LANGFUSE, found[_LANGFUSE])
    if cost is None:
        cost = found.get("cost")
    for name in ("mlflow.llm.cost", "gen_ai.cost"):
        if cost is None and name in found:
            cost = _from_object(name, found[name])
    if cost is None:
        cost = _sides(found)
    return _hidden(found[_HIDDEN]) if cost is None and _HIDDEN in found else cost


def _sides(found: dict[str, Any]) -> int | None:
    sides: list[int] = [found[slot] for slot in ("cost_input", "cost_output") if slot in found]
    if not sides:
        return None
    # One side alone is the cost of a call that has no other: an embedding has no output.
    if len(sides) == 1 and found.get("output" if "cost_input" in found else "input"):
        note(found, "usage", "a cost of input or output alone")
        return None
    tools: int = found.get("cost_tools", 0)
    return _added("cost of input and output", [*sides, tools])


def _from_object(name: str, given: object) -> int | None:
    """The total of an object of costs, or the sum of its parts, which Langfuse has apart by agreement."""
    details = decoded(name, given)
    total = next((key for key in _TOTALS if details.get(key) is not None), None)
    keys = [total] if total else [key for key, value in details.items() if value is not None]
    if not total and name != _LANGFUSE:
        keys = [key for key in keys if key in _SIDES]
    return _added(name, [_money(f"{name}.{key}", details[key]) for key in keys]) if keys else None


def _added(field: str, costs: Sequence[int]) -> int:
    total = sum(costs)
    if total > MAX_NANO_USD:
        raise RecordError(field, "adds up to more than 999,999,999 USD")
    return total


def _hidden(given: object) -> int | None:
    try:
        cost = decoded(_HIDDEN, given).get("response_cost")
        return None if cost is None else money(cost)
    except (RecordError, ValueError):
        return None


def _money(field: str, value: object) -> int:
    try:
        return money(value)
    except ValueError as error:
        raise RecordError(field, str(error)) from None


def is_cost_part(name: str) -> bool:
    """Whether an attribute is one of those that a stated cost is made of."""
    return name.startswith(COST_PARTS)
