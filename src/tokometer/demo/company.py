"""The demo's company: sixty people in three time zones, their teams, projects, agents and knowledge bases.

All of it is made up. People are numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Team:
    """A team and what its traffic is labelled with."""

    name: str
    people: int
    projects: tuple[str, ...]
    #: How much of the coding agents', the assistant's and the gateway's traffic is theirs.
    coding: float
    asking: float
    serving: float
    knowledge: tuple[str, ...]
    #: What its features charge a customer for a call, in US dollars, beside what the call costs; 0 where they are free.
    fee: float = 0.0


TEAMS: Final = (
    Team("platform", 11, ("edge-gateway", "billing-api", "infra"), 32, 12, 14, ("engineering-wiki", "runbooks"), 0.24),
    Team("product", 14, ("web-app", "mobile-app", "design-system"), 34, 18, 38, ("product-docs",), 0.31),
    Team("support", 9, ("help-desk", "ticket-triage"), 5, 22, 26, ("support-playbooks", "product-docs"), 0.46),
    Team("data", 7, ("warehouse", "churn-model"), 14, 12, 8, ("engineering-wiki", "metrics-catalogue")),
    Team("research", 6, ("eval-lab", "retrieval"), 12, 14, 9, ("research-papers",)),
    Team("growth", 7, ("site", "campaign-writer"), 3, 13, 5, ("product-docs", "brand-guide"), 0.38),
    Team("operations", 6, ("contract-review", "invoice-matching"), 0, 9, 0, ("contracts", "onboarding-handbook")),
)

#: Hours east of UTC, with the share of the people who sit there. Fixed: the demo needs no zone database.
ZONES: Final = ((1.0, 0.5), (-5.0, 0.3), (5.5, 0.2))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works there."""

    name: str
    team: Team
    #: Index into `ZONES`.
    zone: int
    api_key: str


def _people() -> tuple[Person, ...]:
    people: list[Person] = []
    for team in TEAMS:
        for _ in range(team.people):
            number = len(people) + 1
            zone = (0, 1, 0, 2, 0, 1, 0, 1, 0, 2)[number % 10]
            people.append(Person(f"user-{number:02d}", team, zone, f"…{(number * 40_503 + 4_321) % 65_536:04x}"))
    return tuple(people)


PEOPLE: Final = _people()


@dataclass(frozen=True, slots=True)
class Agent:
    """One of the company's own agents."""

    name: str
    team: str
    project: str
    weight: float
    #: Share of its tasks that fail.
    failing: float
    #: Median number of calls a task takes.
    calls: int
    tasks: tuple[str, ...]
    #: Tools it uses, as (name, MCP server).
    tools: tuple[tuple[str, str], ...]


AGENTS: Final = (
    Agent(
        "research-scout",
        "research",
        "retrieval",
        18,
        0.11,
        9,
        ("Survey of retrieval rerankers", "Summarise new evaluation papers", "Compare vector stores"),
        (("web_search", ""), ("fetch_page", ""), ("search_papers", "library"), ("write_note", "library")),
    ),
    Agent(
        "ticket-triage",
        "support",
        "ticket-triage",
        34,
        0.04,
        3,
        ("Sort incoming tickets", "Draft a reply", "Find duplicates"),
        (("search_tickets", "help-desk"), ("read_ticket", "help-desk"), ("set_labels", "help-desk")),
    ),
    Agent(
        "data-analyst",
        "data",
        "warehouse",
        20,
        0.08,
        6,
        ("Weekly retention by plan", "Explain the drop in sign-ups", "Check revenue by region"),
        (("run_query", "warehouse"), ("describe_table", "warehouse"), ("draw_chart", "")),
    ),
    Agent(
        "release-notes",
        "product",
        "web-app",
        8,
        0.02,
        4,
        ("Write the release notes", "Translate the release notes"),
        (("list_commits", "repository"), ("read_issue", "repository"), ("write_page", "")),
    ),
    Agent(
        "test-writer",
        "platform",
        "billing-api",
        11,
        0.12,
        10,
        ("Cover the invoice module", "Find flaky tests", "Port tests to the new fixtures"),
        (("read_file", "repository"), ("run_tests", ""), ("edit_file", "repository")),
    ),
    Agent(
        "contract-reader",
        "operations",
        "contract-review",
        9,
        0.05,
        5,
        ("Check renewal terms", "List liability clauses"),
        (("search_contracts", "documents"), ("read_document", "documents")),
    ),
)

#: What people ask of the coding agents.
CODING_TASKS: Final = (
    "Fix the flaky checkout test",
    "Add pagination to the orders endpoint",
    "Move settings to the new form",
    "Explain the retry logic",
    "Split the invoice module",
    "Make the build reproducible",
    "Review the open branch",
    "Upgrade the queue client",
    "Find the memory leak",
    "Write a migration for plans",
    "Speed up the search page",
    "Remove dead feature flags",
)
BRANCHES: Final = ("main", "main", "feature/orders", "feature/settings", "fix/retries", "fix/leak", "chore/upgrades")
#: The coding agents' tools: name, weight, median duration in milliseconds, share that fails.
CODING_TOOLS: Final = (
    ("Read", 34, 14, 0.012),
    ("Bash", 26, 1_900, 0.085),
    ("Edit", 17, 22, 0.031),
    ("Grep", 12, 60, 0.006),
    ("Glob", 5, 30, 0.004),
    ("Write", 4, 18, 0.006),
    ("WebFetch", 2, 1_400, 0.05),
)
SUBAGENTS: Final = ("explore", "explore", "plan", "reviewer", "test-runner")
SUBAGENT_TASKS: Final = ("Find all callers", "Plan the change", "Review the diff", "Run the suite")

#: Features of the product that call models through the gateway: name of the key's owner, endpoint, team.
FEATURES: Final = (
    ("smart-search", "/v1/chat/completions", "product"),
    ("autocomplete", "/v1/chat/completions", "product"),
    ("summaries", "/v1/messages", "product"),
    ("help-bot", "/v1/chat/completions", "support"),
    ("reply-drafts", "/v1/messages", "support"),
    ("log-explainer", "/v1/chat/completions", "platform"),
    ("dunning-letters", "/v1/chat/completions", "platform"),
    ("churn-notes", "/v1/responses", "data"),
    ("eval-runs", "/v1/chat/completions", "research"),
    ("ad-copy", "/v1/chat/completions", "growth"),
)

#: Knowledge bases with the documents and chunks that they hold at the end of the window.
KNOWLEDGE_BASES: Final = (
    ("product-docs", 412, 9_840),
    ("support-playbooks", 186, 3_120),
    ("engineering-wiki", 1_240, 31_600),
    ("runbooks", 94, 1_730),
    ("metrics-catalogue", 148, 2_260),
    ("research-papers", 367, 28_900),
    ("brand-guide", 38, 610),
    ("contracts", 221, 14_300),
    ("onboarding-handbook", 57, 940),
)
