"""What can be settled: everything that `tokometer.toml` says, in one value."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tokometer.settings.accounts import AccountsSettings
from tokometer.settings.alerts import AlertSettings
from tokometer.settings.charging import OwnCard
from tokometer.settings.embedding import EmbedSettings
from tokometer.settings.facts import find_device, find_model
from tokometer.settings.machines import Device, ModelFacts
from tokometer.settings.money import Budget, BudgetLine, RateCard
from tokometer.settings.notifying import ChannelSettings, NotificationSettings
from tokometer.settings.outcomes import OutcomeSettings
from tokometer.settings.owned import OwnAccount, OwnMachine, OwnRate, OwnSeries, OwnSubscription
from tokometer.settings.polling import TargetSettings
from tokometer.settings.targets import Breaker, Health, Slo, SloOverride, Thresholds
from tokometer.settings.webhooks import WebhookSettings


class LabelSettings(Struct, frozen=True, kw_only=True):
    """`[labels]`."""

    #: Names of OTLP attributes, of spans and resources, that become labels; a star at the end stands for anything.
    otlp: tuple[str, ...] = ()
    #: Whether the metadata and tags that known libraries send become labels as well.
    otlp_known: bool = True
    #: Keys of labels that take part in the rollups.
    rollup: tuple[str, ...] = ()


class Rule(Struct, frozen=True):
    """One `[[dimension.NAME.rule]]`: the value where all filters hold, each as text: `project contains search`."""

    value: str
    where: tuple[str, ...]


class Declared(Struct, frozen=True, kw_only=True):
    """One `[dimension.NAME]`: the value of the first rule that holds, else `default`."""

    name: str
    title: str = ""
    description: str = ""
    default: str = ""
    rules: tuple[Rule, ...]


class Settings(Struct, frozen=True, kw_only=True, cache_hash=True):
    """All of it, as it is where there is no file. Hashable, so that what is worked out with it can be kept."""

    labels: LabelSettings = LabelSettings()
    dimensions: tuple[Declared, ...] = ()
    #: The objectives that hold for everything; ask :meth:`slo_for` for those of one provider or model.
    slo: Slo = Slo()
    slo_overrides: tuple[SloOverride, ...] = ()
    #: Objectives that were made on the page; the file's win where both are about the same.
    own_objectives: tuple[SloOverride, ...] = ()
    breaker: Breaker = Breaker()
    health: Health = Health()
    #: What the file says; ask `tokometer.judgement.budgets.lines` for all budgets.
    budget: Budget = Budget()
    #: Budgets that were made on the page.
    own_budgets: tuple[BudgetLine, ...] = ()
    #: Machines that were bought, and what the business counts, as people have said on the page.
    own_machines: tuple[OwnMachine, ...] = ()
    own_series: tuple[OwnSeries, ...] = ()
    #: Plans that are paid whatever is used of them, and what other currencies are in US dollars; made on the page.
    own_subscriptions: tuple[OwnSubscription, ...] = ()
    own_rates: tuple[OwnRate, ...] = ()
    #: Accounts with providers, as they stand.
    own_accounts: tuple[OwnAccount, ...] = ()
    rate_cards: tuple[RateCard, ...] = ()
    #: Rate cards that were made on the page; they win over the file's where they hold.
    own_cards: tuple[OwnCard, ...] = ()
    #: The user's own; ask :meth:`device_for`, which knows common ones by itself.
    devices: tuple[Device, ...] = ()
    #: The user's own; ask :meth:`model_for`, which knows common ones by itself.
    models: tuple[ModelFacts, ...] = ()
    thresholds: Thresholds = Thresholds()
    #: Ids of dashboards (`executive`) and panels (`executive.cost`), and seconds; ask :meth:`every`.
    refresh: tuple[tuple[str, float], ...] = ()
    #: What is asked every so often.
    targets: tuple[TargetSettings, ...] = ()
    #: What bodies mean that are posted to addresses of their own.
    webhooks: tuple[WebhookSettings, ...] = ()
    #: What tells which change a call is for.
    outcomes: OutcomeSettings = OutcomeSettings()
    accounts: AccountsSettings = AccountsSettings()
    #: When somebody is to be told; what each means `tokometer.alerting` knows.
    alerts: tuple[AlertSettings, ...] = ()
    embed: EmbedSettings = EmbedSettings()
    notifications: NotificationSettings = NotificationSettings()
    #: Where somebody is told of alerts.
    channels: tuple[ChannelSettings, ...] = ()
    #: The keys that the file names, `slo.availability`, `rate_card[2].markup`: all others are defaults.
    given: frozenset[str] = frozenset()

    @property
    def objectives(self) -> tuple[SloOverride, ...]:
        """All objectives of providers and models; of two about the same, the later one wins."""
        return (*self.own_objectives, *self.slo_overrides)

    def slo_for(self, provider: str = "", model: str = "") -> Slo:
        """The objectives of a provider, a model, or a model at a provider; of everything without either.

        An override of a provider holds for all of its models; one of a model wins over it, and one of both over each.
        """
        found = self.slo
        for override in sorted(self.objectives, key=lambda one: (bool(one.model), bool(one.provider))):
            if override.provider in ("", provider) and override.model in ("", model):
                told = {name: getattr(override, name) for name in Slo.__struct_fields__}
                found = replace(found, **{name: value for name, value in told.items() if value is not None})
        return found

    def rate_card_for(self, team: str = "", model: str = "") -> RateCard | None:
        """The card that calls of a team and a model are charged by, the most specific one; None where none is."""
        found = [card for card in self.rate_cards if card.covers(team, model)]
        return max(found, key=lambda card: card.rank, default=None)

    def device_for(self, name: str) -> Device | None:
        """Facts of a device, by its name as it reports itself; None where nothing is known."""
        return find_device(name, self.devices)

    def model_for(self, name: str) -> ModelFacts | None:
        """Facts of a model, by its name; None where nothing is known."""
        return find_model(name, self.models)

    def every(self, dashboard: str, panel: str, default: float) -> float:
        """After how many seconds a panel is asked anew: as settled for `dashboard.panel`, the dashboard, or `default`.

        `panel` may be the panel's name within the dashboard, or its whole id.
        """
        settled = dict(self.refresh)
        whole = panel if panel.startswith(f"{dashboard}.") else f"{dashboard}.{panel}"
        return settled.get(whole, settled.get(panel, settled.get(dashboard, default)))
