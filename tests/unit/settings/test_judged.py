"""`tokometer.toml`: what judgements need, and what is said of mistakes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.settings import (
    Breaker,
    Budget,
    Device,
    Health,
    ModelFacts,
    RateCard,
    Settings,
    SettingsError,
    Slo,
    SloOverride,
    Thresholds,
    read_settings,
)
from tokometer.settings.file import SECTION_NAMES, settings_of
from tokometer.settings.sections import SECTIONS

ALL = """
[slo]
availability = 0.99
p95_latency_ms = 5_000
error_rate = 0.02
period = "week"
[[slo.override]]
provider = "openai"
p95_latency_ms = 2_000
error_rate = 0.03
[[slo.override]]
model = "gpt-5"
error_rate = 0.04
[[slo.override]]
provider = "openai"
model = "gpt-5"
availability = 0.9

[breaker]
failures = 5
within_seconds = 30
open_seconds = 10
probes = 2

[health]
warning = 60
healthy = 95
window_minutes = 5

[budget]
monthly = 1_500.10
warning = 0.7
critical = 0.9
[budget.models]
"claude-opus-4.5" = 700
[budget.providers]
openai = 400
[budget.teams]
research = 250.5

[[rate_card]]
markup = 0.3
[[rate_card]]
team = "research"
per_mtok = 12
[[rate_card]]
model = "gpt-5"
per_input_mtok = 2.5
per_output_mtok = 20
[[rate_card]]
team = "research"
model = "gpt-5"
per_request = 0.05

[[device]]
match = "H100"
peak_tflops = 900
price_per_hour = 2.5

[[model]]
match = "my-model"
active_parameters = 3e9
benchmark_cost_per_mtok = 0.4

[thresholds]
cost_spike = 3

[refresh]
executive = 30
"executive.cost" = 10
[refresh.incidents]
errors = 5
"""


def read(folder: Path, text: str) -> Settings:
    """The settings that a file with this text says."""
    path = folder / "tokometer.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def test_everything_is_read(tmp_path: Path) -> None:
    """Each section, money exactly as it is written."""
    settings = read(tmp_path, ALL)
    assert settings.slo == Slo(availability=0.99, p95_latency_ms=5000, error_rate=0.02, period="week")
    assert settings.slo_overrides[0] == SloOverride(provider="openai", p95_latency_ms=2000, error_rate=0.03)
    assert settings.breaker == Breaker(failures=5, within_seconds=30, open_seconds=10, probes=2)
    assert settings.health == Health(warning=60, healthy=95, window_minutes=5)
    assert settings.health.window == "5m"
    assert settings.budget == Budget(
        monthly=Decimal("1500.10"),
        warning=0.7,
        critical=0.9,
        models=(("claude-opus-4.5", Decimal(700)),),
        providers=(("openai", Decimal(400)),),
        teams=(("research", Decimal("250.5")),),
    )
    assert settings.rate_cards[0] == RateCard(markup=Decimal("0.3"))
    assert settings.devices == (Device(match="H100", peak_tflops=900, price_per_hour=Decimal("2.5")),)
    assert settings.models == (
        ModelFacts(match="my-model", active_parameters=3e9, benchmark_cost_per_mtok=Decimal("0.4")),
    )
    assert settings.thresholds == Thresholds(cost_spike=3)
    assert settings.refresh == (("executive", 30), ("executive.cost", 10), ("incidents.errors", 5))


def test_what_the_file_names_is_told_from_defaults(tmp_path: Path) -> None:
    """A key that is given its default's value counts as given."""
    settings = read(tmp_path, "[breaker]\nfailures = 10\n[[rate_card]]\nmarkup = 0\n[budget.teams]\na = 1\n")
    assert settings.breaker == Breaker()
    assert settings.given == {"breaker.failures", "rate_card[1].markup", "budget.teams.a"}


def test_settings_can_be_kept_by(tmp_path: Path) -> None:
    """Equal settings have equal hashes, so that answers worked out with them are found again."""
    assert {read(tmp_path, ALL): 1}[read(tmp_path, ALL)] == 1
    assert hash(Settings()) != hash(read(tmp_path, ALL))


def test_objectives_add_up_from_the_general_to_the_particular(tmp_path: Path) -> None:
    """A model's override wins over its provider's, one of both over each; what none says stays."""
    settings = read(tmp_path, ALL)
    assert settings.slo_for() == settings.slo
    assert settings.slo_for(provider="anthropic") == settings.slo
    openai = settings.slo_for(provider="openai")
    assert (openai.p95_latency_ms, openai.error_rate, openai.availability) == (2000, 0.03, 0.99)
    model = settings.slo_for(model="gpt-5")
    assert (model.p95_latency_ms, model.error_rate, model.availability) == (5000, 0.04, 0.99)
    both = settings.slo_for(provider="openai", model="gpt-5")
    assert (both.p95_latency_ms, both.error_rate, both.availability, both.period) == (2000, 0.04, 0.9, "week")


def test_no_budget_is_none() -> None:
    """Nothing configured is no limit of zero."""
    assert not Budget().configured
    assert Budget(models=(("a", Decimal(5)),)).configured


def test_the_most_specific_card_charges(tmp_path: Path) -> None:
    """Team and model, then team, then model, then all."""
    settings = read(tmp_path, ALL)
    found = [settings.rate_card_for(*asked) for asked in (("research", "gpt-5"), ("research", "x"), ("x", "gpt-5"), ())]
    assert found == [settings.rate_cards[3], settings.rate_cards[1], settings.rate_cards[2], settings.rate_cards[0]]
    assert Settings().rate_card_for("research", "gpt-5") is None


def test_what_is_charged() -> None:
    """Each way, in exact dollars; a markup on a cost that nobody knows is not known."""
    used = {"cost": Decimal("2.00"), "input_tokens": 3_000_000, "output_tokens": 500_000, "requests": 7}
    assert RateCard(markup=Decimal("0.3")).revenue(**used) == Decimal("2.60")
    assert RateCard(per_mtok=Decimal(2)).revenue(**used) == 7
    assert RateCard(per_input_mtok=Decimal(1), per_output_mtok=Decimal(10)).revenue(**used) == 8
    assert RateCard(per_request=Decimal("0.01")).revenue(**used) == Decimal("0.07")
    assert RateCard(markup=Decimal("0.3")).revenue(**(used | {"cost": None})) is None
    assert RateCard(per_mtok=Decimal(2)).revenue(**(used | {"cost": None})) == 7


DEVICE_NAMES = {
    "NVIDIA H100 80GB HBM3": (989.4, 700),
    "NVIDIA H100 PCIe": (756, 350),
    "NVIDIA H200": (989.4, 700),
    "NVIDIA A100-SXM4-80GB": (312, 400),
    "NVIDIA A100-PCIE-40GB": (312, 250),
    "NVIDIA A100 80GB PCIe": (312, 300),
    "NVIDIA L4": (121, 72),
    "NVIDIA L40S": (362, 350),
    "NVIDIA GeForce RTX 4090": (165.2, 450),
    "NVIDIA GeForce RTX 3090 Ti": (80, 450),
    "AMD Instinct MI300X": (1307.4, 750),
}
UNKNOWN_DEVICES = ("NVIDIA L40", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA A100-SXM4-80GB MIG 1g.10gb", "cpu", "")


def test_common_devices_are_known() -> None:
    """As they report themselves; what only resembles one is not taken for it."""
    for name, facts in DEVICE_NAMES.items():
        device = Settings().device_for(name)
        assert device is not None, name
        assert (device.peak_tflops, device.power_watts) == facts, name
        assert device.source
        assert device.checked
    for name in UNKNOWN_DEVICES:
        assert Settings().device_for(name) is None, name


def test_own_facts_win(tmp_path: Path) -> None:
    """Over the built-in ones, the longest match among them."""
    settings = read(
        tmp_path,
        "[[device]]\nmatch = 'h100'\npeak_tflops = 1\n[[device]]\nmatch = 'H100 PCIe'\npeak_tflops = 2\n"
        "[[model]]\nmatch = 'Llama'\nactive_parameters = 5\n",
    )
    assert getattr(settings.device_for("NVIDIA H100 80GB HBM3"), "peak_flops", None) == 1e12
    assert getattr(settings.device_for("NVIDIA H100 PCIe"), "peak_flops", None) == 2e12
    assert getattr(settings.model_for("llama3.3:70b"), "flops_per_token", None) == 10


def test_own_devices_match_whole_words(tmp_path: Path) -> None:
    """Who tells of an L4 has told nothing of an L40S; case and further words do not matter."""
    settings = read(tmp_path, "[[device]]\nmatch = 'NVIDIA L4'\nprice_per_hour = 0.7\n")
    assert getattr(settings.device_for("nvidia l4 24GB"), "price_per_hour", None) == Decimal("0.7")
    assert getattr(settings.device_for("NVIDIA L40S"), "price_per_hour", None) is None


def test_own_facts_are_laid_over_what_is_known(tmp_path: Path) -> None:
    """Who tells a price keeps the peak that is built in, and a more particular entry lies over a general one."""
    settings = read(
        tmp_path,
        "[[device]]\nmatch = 'H100'\nprice_per_hour = 2.5\n[[device]]\nmatch = 'H100 PCIe'\npower_watts = 300\n"
        "[[model]]\nmatch = 'gpt-oss'\nbenchmark_cost_per_mtok = 0.4\n",
    )
    device = settings.device_for("NVIDIA H100 PCIe")
    assert device is not None
    assert (device.peak_tflops, device.power_watts, device.price_per_hour) == (756, 300, Decimal("2.5"))
    assert device.source
    model = settings.model_for("gpt-oss-20b")
    assert model is not None
    assert (model.active_parameters, model.benchmark_cost_per_mtok) == (3.61e9, Decimal("0.4"))


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("meta-llama/Llama-3.3-70B-Instruct", 70.6),
        ("llama3.1:8b", 8),
        ("openai/gpt-oss-120b", 5.13),
        ("deepseek-r1-distill-llama-70b", 70.6),
        ("deepseek-r1", 37),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", 22),
        ("glm-4.5-air", 12),
        ("phi4-mini", 3.8),
    ],
)
def test_open_models_are_known(name: str, billions: float) -> None:
    """However their names are written."""
    facts = Settings().model_for(name)
    assert facts is not None
    assert facts.active_parameters == pytest.approx(billions * 1e9)


def test_closed_models_are_not() -> None:
    """Nobody knows how large they are."""
    assert all(Settings().model_for(name) is None for name in ("claude-opus-4-5", "gpt-5", "gemini-2.5-pro", ""))


def test_how_often(tmp_path: Path) -> None:
    """A panel's own interval, else its dashboard's, else its default."""
    settings = read(tmp_path, ALL)
    assert settings.every("executive", "cost", 60) == 10
    assert settings.every("executive", "executive.cost", 60) == 10
    assert settings.every("executive", "health", 60) == 30
    assert settings.every("incidents", "errors", 60) == 5
    assert settings.every("incidents", "slo", 60) == 60


MISTAKES = {
    "[slo]\navailabilty = 1": ("slo.availabilty", "did you mean availability?"),
    "[slo]\navailability = 1": ("slo.availability", "above 0 and below 1, not 1"),
    "[slo]\navailability = '99 %'": ("slo.availability", "has to be a number, not '99 %'"),
    "[slo]\navailability = nan": ("slo.availability", "has to be a number, not NaN"),
    "[slo]\nerror_rate = true": ("slo.error_rate", "has to be a number, not True"),
    "[slo]\nperiod = 'moth'": ("slo.period", "did you mean month?"),
    "[slo]\nperiod = []": ("slo.period", "one of day, week"),
    "slo = 3": ("slo", "has to be a table"),
    "[[slo.override]]\nerror_rate = 0.1": ("slo.override[1]", "neither a provider nor a model"),
    "[[slo.override]]\nmodel = 'a'": ("slo.override[1]", "overrides nothing"),
    "[[slo.override]]\nmodel = ''\nerror_rate = 0.1": ("slo.override[1].model", "is empty"),
    "[slo]\noverride = 1": ("slo.override", "[[slo.override]]"),
    "[[slo.override]]\nmodel = 'a'\nerror_rate = 0.1\n[[slo.override]]\nmodel = 'a'\nerror_rate = 0.2": (
        "slo.override[2]",
        "about the same as slo.override[1]",
    ),
    "[breaker]\nfailures = 2.5": ("breaker.failures", "whole number"),
    "[breaker]\nfailures = 0": ("breaker.failures", "at least 1"),
    "[health]\nwarning = 95": ("health.warning", "below health.healthy, which is 90"),
    "[budget]\nmonthly = 0": ("budget.monthly", "above 0"),
    "[budget]\nmonthly = -5": ("budget.monthly", "above 0"),
    "[budget]\nwarning = 1.5": ("budget.warning", "below budget.critical"),
    "[budget.model]\na = 1": ("budget.model", "did you mean models?"),
    "[budget.models]\ngpt-4.1 = 5": ("budget.models.gpt-4", 'quotes: "gpt-4.1"'),
    "[budget.models]\na = 'x'": ("budget.models.a", "a number"),
    "[budget.models]\n'' = 5": ('budget.models.""', "is no name"),
    "[breaker]\nprobes = 1e999999999": ("breaker.probes", "too many digits"),
    "[[rate_card]]\nteam = 'a'": ("rate_card[1]", "no ways to charge"),
    "[[rate_card]]\nmarkup = 0.1\nper_mtok = 1": ("rate_card[1]", "2 ways to charge"),
    "[[rate_card]]\nper_input_mtok = 1": ("rate_card[1].per_output_mtok", "go together"),
    "[[rate_card]]\nmarkup = 0.1\n[[rate_card]]\nper_mtok = 1": ("rate_card[2]", "about the same as rate_card[1]"),
    "[rate_card]\nmarkup = 0.1": ("rate_card", "[[rate_card]]"),
    "[[device]]\npeak_tflops = 1": ("device[1].match", "is missing"),
    "[[device]]\nmatch = 'a'": ("device[1]", "says nothing"),
    "[[device]]\nmatch = 'a'\npower_watts = 0": ("device[1].power_watts", "above 0"),
    "[[device]]\nmatch = 'a'\nsource = 'me'": ("device[1].source", "is not known"),
    "[[model]]\nmatch = 'A'\nactive_parameters = 1\n[[model]]\nmatch = 'a'\nactive_parameters = 2": (
        "model[2]",
        "about the same",
    ),
    "[thresholds]\nerror_rate_warning = 0.2": ("thresholds.error_rate_warning", "below error_rate_critical"),
    "[thresholds]\ncost_spikes = 2": ("thresholds.cost_spikes", "did you mean cost_spike?"),
    "[refresh]\nexecutive = 0": ("refresh.executive", "at least 1 and at most 3,600 seconds"),
    "[refresh]\nexecutive = 'x'": ("refresh.executive", "a number"),
    "[refresh.executive]\ncost = 4000": ("refresh.executive.cost", "at most 3,600"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, text: str) -> None:
    """The key, and what would be right."""
    key, reason = MISTAKES[text]
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    assert caught.value.key == key
    assert reason in caught.value.reason
    assert str(tmp_path) in str(caught.value)


@given(
    team=st.sampled_from(["", "a", "b"]),
    model=st.sampled_from(["", "x", "y"]),
    cards=st.sets(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "x", "y"]))),
)
def test_a_card_charges_only_what_it_covers(team: str, model: str, cards: set[tuple[str, str]]) -> None:
    """Whatever cards there are: the chosen one covers the call, and none that covers it is more specific."""
    settings = Settings(rate_cards=tuple(RateCard(team=t, model=m, markup=Decimal(1)) for t, m in sorted(cards)))
    card = settings.rate_card_for(team, model)
    covering = [one for one in settings.rate_cards if one.team in ("", team) and one.model in ("", model)]
    assert (card is None) == (not covering)
    if card is not None:
        assert card in covering
        assert card.rank == max(one.rank for one in covering)


TEXTS = st.text('aé."[]*\u202e🙂 \x00', max_size=6)
#: Keys that there are, and others.
NAMES = st.sampled_from(
    sorted(
        {part for section in SECTIONS for key in section.keys for part in key.name.split(".")} | {"override", "teams"}
    )
)
#: Whatever TOML can say.
PLAIN = st.one_of(
    st.booleans(),
    st.integers(),
    st.decimals(),
    TEXTS,
    st.sampled_from([date(2026, 1, 1), "month", 0, 1, Decimal("0.5")]),
)
TABLES = st.dictionaries(NAMES | TEXTS, PLAIN | st.lists(PLAIN, max_size=2), max_size=3)
VALUES = st.one_of(
    PLAIN, TABLES, st.lists(TABLES | PLAIN, max_size=3), st.dictionaries(NAMES, TABLES | st.lists(TABLES), max_size=3)
)


@settings(max_examples=400)
@given(content=st.dictionaries(st.sampled_from(SECTION_NAMES), VALUES, max_size=2))
def test_whatever_a_file_says_is_taken_or_refused(content: dict[str, object]) -> None:
    """Nothing that TOML can express makes the reader fail in another way than by saying what is wrong."""
    try:
        found = settings_of(Path("tokometer.toml"), content)
    except SettingsError:
        return
    assert hash(found) == hash(settings_of(Path("tokometer.toml"), content))
