"""The sections of `tokometer.toml`: what each is about, its keys, and an example.

From these come the Settings page, the reference and the example file; what a key takes stands at its field.
"""

from __future__ import annotations

from typing import Final

from tokometer.settings.accounts import AccountsSettings
from tokometer.settings.keys import fields_of
from tokometer.settings.machines import Device, ModelFacts
from tokometer.settings.money import MOST_USD, Budget, BudgetOf, RateCard
from tokometer.settings.notifying import ChannelSettings, NotificationSettings
from tokometer.settings.outcomes import DEFAULT_BRANCHES, TICKETS
from tokometer.settings.polling import TargetSettings
from tokometer.settings.section import Described, Section, described, written
from tokometer.settings.targets import Breaker, Health, Slo, SloOverride, Thresholds
from tokometer.settings.webhooks import WebhookSettings

_AMOUNT: Final = f"an amount above 0 and at most {MOST_USD:,}"

SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        "slo",
        "Objectives",
        "What calls have to be like: targets of the SLO panels, of health scores and of error budgets.",
        '[slo]\navailability = 0.999\np95_latency_ms = 30_000\nerror_rate = 0.01\nperiod = "month"',
        Slo,
        values=lambda settings: (settings.slo,),
    ),
    Section(
        "slo.override",
        "Objectives of their own",
        "Other targets for a provider, for a model, or for a model at a provider; what one leaves out stays as it is.",
        '[[slo.override]]\nprovider = "openai"\np95_latency_ms = 10_000\n\n'
        '[[slo.override]]\nprovider = "openai"\nmodel = "gpt-5"\nerror_rate = 0.02',
        SloOverride,
        many=True,
        values=lambda settings: settings.slo_overrides,
    ),
    Section(
        "breaker",
        "Circuit breaker",
        "The breaker whose state is worked out for every provider: when it opens, and how it closes again.",
        "[breaker]\nfailures = 10\nwithin_seconds = 60\nopen_seconds = 30\nprobes = 3",
        Breaker,
        values=lambda settings: (settings.breaker,),
    ),
    Section(
        "health",
        "Health score",
        "Where the score of a provider or model, 0 to 100, turns to warning and to healthy.",
        "[health]\nwarning = 70\nhealthy = 90\nwindow_minutes = 15",
        Health,
        values=lambda settings: (settings.health,),
    ),
    Section(
        "budget",
        "Budgets",
        "What may be spent in a calendar month in all, on a model, at a provider or by a team; or, one `[[budget.of]]` "
        "each, in a day, a week or a month on whatever some filters choose. More are made on the page *Budgets*.",
        "[budget]\nmonthly = 1_500\nwarning = 0.8\ncritical = 1.0\n\n"
        '[budget.models]\n"claude-opus-4-5" = 700\n\n[budget.providers]\nopenai = 400\n\n'
        "[budget.teams]\nresearch = 250.50\n\n"
        '[[budget.of]]\ntitle = "Ada, a day"\namount = 20\nperiod = "day"\ntz = "Europe/Berlin"\n'
        'filters = { user = "ada@example.com" }\nlevels = [0.5, 0.8, 1.0]',
        Budget,
        more=(
            Described("models.NAME", _AMOUNT, "what may be spent on a model, by its whole name", "none"),
            Described("providers.NAME", _AMOUNT, "what may be spent at a provider", "none"),
            Described("teams.NAME", _AMOUNT, "what a team may spend", "none"),
            Described("of", "a list of tables", "further budgets, each written [[budget.of]]", "none"),
            *(Described(f"of.{one.name}", one.takes, one.meaning, one.default) for one in described(BudgetOf)),
            Described(
                "of.filters.DIMENSION",
                "one text or a list",
                "whose spending: values of a dimension of calls; several dimensions have to hold together",
                "all calls",
            ),
            Described(
                "of.levels", "a list of up to ten shares", "shares of the amount at which it alerts", "[0.5, 0.8, 1.0]"
            ),
            Described("of.stops", "true or false", "whether verdicts say *stop* once it is used up", "true"),
        ),
        values=lambda settings: (settings.budget,),
        configured=lambda settings: settings.budget.configured,
    ),
    Section(
        "rate_card",
        "Rate cards",
        "What you charge for calls that carry no revenue of their own. The most specific card counts: team and model, "
        "team, model, all. Each takes exactly one way to charge.",
        '[[rate_card]]\nmarkup = 0.3\n\n[[rate_card]]\nteam = "research"\nper_mtok = 12\n\n'
        '[[rate_card]]\nmodel = "gpt-5"\nper_input_mtok = 2.50\nper_output_mtok = 20\n\n'
        '[[rate_card]]\nteam = "research"\nmodel = "gpt-5"\nper_request = 0.05',
        RateCard,
        many=True,
        values=lambda settings: settings.rate_cards,
    ),
    Section(
        "thresholds",
        "Thresholds",
        "From where on a figure is a warning, critical, or a matter for the list of alerts.",
        "\n".join(
            ["[thresholds]"] + [f"{name} = {written(field.default)}" for name, field in fields_of(Thresholds).items()]
        ),
        Thresholds,
        values=lambda settings: (settings.thresholds,),
    ),
    Section(
        "device",
        "Devices",
        "Facts of accelerators, for MFU and energy. Common ones are known; yours lie over these, fact by fact.",
        '[[device]]\nmatch = "H100"\npeak_tflops = 989.4\npower_watts = 700\nprice_per_hour = 2.50',
        Device,
        many=True,
        values=lambda settings: settings.devices,
    ),
    Section(
        "model",
        "Models",
        "Facts of models, for FLOPS and for comparing costs. Common open models are known; yours lie over these.",
        '[[model]]\nmatch = "my-model-8b"\nactive_parameters = 8e9\nbenchmark_cost_per_mtok = 0.40',
        ModelFacts,
        many=True,
        values=lambda settings: settings.models,
    ),
    Section(
        "refresh",
        "Refresh",
        "After how many seconds the panels of a dashboard, or a panel, are asked anew where nothing new has come in.",
        "[refresh]\noverview = 30\n\n[refresh.usage]\noutlook = 120",
        more=(
            Described("DASHBOARD", "1 to 3,600 seconds", "all panels of a dashboard, by its id", "each panel's own"),
            Described(
                "DASHBOARD.PANEL", "1 to 3,600 seconds", "one panel, by its id; wins over its dashboard", "its own"
            ),
        ),
    ),
    Section(
        "target",
        "Targets",
        "What is asked every so often: inference servers, gateways, databases. *Sources* shows how each is doing.",
        '[[target]]\nsource = "ollama"\nurl = "http://gpu-1.lan:11434"\nname = "gpu-1"\nevery = 30',
        TargetSettings,
        many=True,
        more=(
            Described("secret", "text", "the key or `user:password` itself; better where nobody reads along", "none"),
            Described("paused", "true or false", "whether it is not asked for now", "false"),
            Described("options.NAME", "text, a number, or true or false", "what its source wants to know", "none"),
            Described("labels.NAME", "text", "a label of everything that comes of it", "none"),
        ),
        values=lambda settings: settings.targets,
    ),
    Section(
        "webhook",
        "Webhooks",
        "What the bodies mean that a gateway posts to `/api/webhooks/NAME`, in paths into them. Without an entry "
        "answers of providers are recognised.",
        '[[webhook]]\nname = "my-gateway"\neach = "events"\nusage = "result.usage"\n'
        'fields = { id = "uid", started_at = "at", model = "result.model", latency_ms = "took * 1000" }\n'
        'constants = { provider = "openai" }\nlabels = { feature = "tags.feature" }',
        WebhookSettings,
        many=True,
        more=(
            Described("fields.NAME", "a path", "a field of the record, by its name in our own format", "none"),
            Described("constants.NAME", "text", "a field that is the same for all", "none"),
            Described("labels.NAME", "a path", "a label", "none"),
        ),
        values=lambda settings: settings.webhooks,
    ),
    Section(
        "outcomes",
        "Outcomes",
        "What tells which change and which ticket a call is for, where its branch and the changes that are known "
        "do not say it all.",
        '[outcomes]\ndefault_branches = ["main", "develop"]\ntickets = ["(PAY-[0-9]+)"]\n\n'
        '[outcomes.repositories]\n"/home/me/src/shop" = "acme/web-shop"',
        more=(
            Described(
                "default_branches",
                "a list of texts",
                "branches that never tell a call's change, whatever their case",
                ", ".join(DEFAULT_BRANCHES),
            ),
            Described(
                "tickets",
                "a list of up to ten regular expressions",
                "what a ticket looks like in a branch's name; the first that is found counts, and what is in its "
                "brackets is the ticket. A number alone is one of the repository",
                " and ".join(f"`{pattern}`" for pattern in TICKETS).replace("|", "\\|"),
            ),
            Described("authors", "true or false", "whether reading a repository keeps who wrote a commit", "true"),
            Described(
                "repositories.FOLDER", "text", "the repository of a working folder, `owner/name`", "told by its name"
            ),
        ),
    ),
    Section(
        "accounts",
        "What people make",
        "Where saved views, notes, dashboards of your own and signed links are kept.",
        '[accounts]\nurl = "postgresql://tokometer@db.internal/tokometer"',
        AccountsSettings,
        values=lambda settings: (settings.accounts,),
        configured=lambda settings: bool(settings.accounts.url),
    ),
    Section(
        "alert",
        "Alert rules",
        "When somebody is to be told, beside the rules that are made on the page Alerts, which shows these read-only.",
        '[[alert]]\ntitle = "Any user over $50 in a day"\ncondition = "threshold"\nmeasure = "calls.cost"\n'
        'window = "24h"\neach = "user"\nvalue = 50\nseverity = "critical"',
        many=True,
        more=(
            Described("title", "text", "what it is called, which tells it from all others", "required"),
            Described("condition", "a word", "when it holds: `threshold`, `change`, `budget_used` …", "required"),
            Described("measure", "the name of a measure or judgement", "what is looked at", "that of the condition"),
            Described("where", "a list of filters", "of which records", "[]"),
            Described("window", "a window", "over which time: `15m`, `24h`, `today`, `month`", "that of the condition"),
            Described("tz", "a time zone", "whose days, weeks and months", "UTC"),
            Described("each", "a dimension", "whose values are told apart", "none"),
            Described("for_minutes", "a whole number", "for how long it has to hold", "0"),
            Described("severity", "`info`, `warning` or `critical`", "how bad it is", "warning"),
            Described("enabled", "true or false", "whether it is looked at", "true"),
            Described("…", "what the condition takes", "see the reference of alert rules", "that of the condition"),
        ),
    ),
    Section(
        "notifications",
        "Notifications",
        "What all channels have in common.",
        '[notifications]\nurl = "https://usage.example.com"',
        NotificationSettings,
        values=lambda settings: (settings.notifications,),
        configured=lambda settings: bool(settings.notifications.url),
    ),
    Section(
        "channel",
        "Channels",
        "Where somebody is told of alerts, beside the channels that are added on the page.",
        '[[channel]]\ntitle = "On call"\nurl_env = "ON_CALL_CHANNEL"\nleast = "critical"',
        ChannelSettings,
        many=True,
        more=(
            Described("rules", "a list of texts", "ids or titles of the rules that it is told of", "all"),
            Described("resolved", "true or false", "whether it is told that something is over", "true"),
            Described("acknowledged", "true or false", "whether it is told that somebody sees to it", "false"),
        ),
        values=lambda settings: settings.channels,
    ),
    Section(
        "embed",
        "Pages of others",
        "Which pages of others may show badges, and frame what a signed link opens.",
        '[embed]\norigins = ["https://chat.example.com"]',
        more=(
            Described(
                "origins",
                "a list of origins",
                "pages that may show badges, and frame what a signed link opens where that names none itself",
                "none",
            ),
        ),
    ),
    Section(
        "labels",
        "Labels",
        "Which attributes become labels, and which labels take part in the rollups. Taken into use at the next start.",
        '[labels]\notlp = ["customer.id", "app.*"]\notlp_known = true\nrollup = ["customer"]',
        more=(
            Described(
                "otlp",
                "a list of texts",
                "attributes of OTLP spans and resources that become labels of their whole name; a star at the end "
                "stands for anything",
                "[]",
            ),
            Described(
                "otlp_known", "true or false", "whether metadata and tags of known libraries become labels", "true"
            ),
            Described("rollup", "a list of up to eight texts", "keys of labels that take part in the rollups", "[]"),
        ),
    ),
    Section(
        "dimension.NAME",
        "Dimensions",
        "Dimensions of your own, made by rules; the name is lower-case letters, digits and underscores.",
        '[dimension.product]\ntitle = "Product"\ndefault = "other"\n[[dimension.product.rule]]\nvalue = "search"\n'
        'where = ["project contains search"]',
        more=(
            Described("title", "text", "for people", "the name"),
            Described("description", "text", "for people", "none"),
            Described("default", "text", "the value where no rule holds", '""'),
            Described("rule", "a list of tables", "the rules; the first one that holds counts", "required"),
            Described("rule.value", "text", "the value that it gives", "required"),
            Described(
                "rule.where",
                "one text or a list",
                "filters, all of which have to hold, as with `tokometer query --where`",
                "required",
            ),
        ),
    ),
)


def example() -> str:
    """A whole file, with every section."""
    return "\n\n".join(section.example for section in SECTIONS) + "\n"
