"""What devices and models are, as far as figures of compute need it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from msgspec import Struct

from tokometer.records.units import COUNT, FLOPS, USD, USD_PER_MTOK, WATTS
from tokometer.settings.keys import Key
from tokometer.settings.money import MOST_USD

_TERA: Final = 1e12


class Device(Struct, frozen=True, kw_only=True):
    """One `[[device]]`: facts of a kind of accelerator."""

    match: Annotated[str, Key("whole words of the device's name, in any case; the longest that are in it count")]
    peak_tflops: Annotated[
        float | None,
        Key(
            "dense BF16 or FP16 operations, in 10¹² a second: the denominator of MFU",
            FLOPS,
            above=0,
            most=1_000_000,
            times=10**12,
        ),
    ] = None
    power_watts: Annotated[float | None, Key("what it may draw, in watts", WATTS, above=0, most=1_000_000)] = None
    price_per_hour: Annotated[Decimal | None, Key("what an hour of it costs, in USD", USD, least=0, most=MOST_USD)] = (
        None
    )
    #: Where a built-in fact is from, and when it was looked up (`2026-11-27`); empty for the user's own.
    source: str = ""
    checked: str = ""

    @property
    def peak_flops(self) -> float | None:
        """Operations per second at its peak."""
        return None if self.peak_tflops is None else self.peak_tflops * _TERA


class ModelFacts(Struct, frozen=True, kw_only=True):
    """One `[[model]]`: facts of models that no price list tells."""

    match: Annotated[
        str, Key("text in the model's name, letters and digits alone and in any case; the longest one in it counts")
    ]
    active_parameters: Annotated[
        float | None,
        Key(
            "parameters that take part in each token: a forward pass takes twice as many operations",
            COUNT,
            above=0,
            most=1e15,
        ),
    ] = None
    benchmark_cost_per_mtok: Annotated[
        Decimal | None, Key("a cost per million tokens to compare with, in USD", USD_PER_MTOK, least=0, most=MOST_USD)
    ] = None
    #: Where a built-in fact is from, and when it was looked up; empty for the user's own.
    source: str = ""
    checked: str = ""

    @property
    def flops_per_token(self) -> float | None:
        """Floating-point operations of a forward pass for one token: two for each active parameter.

        Kaplan et al., Scaling Laws for Neural Language Models (2020), section 2.1, without the attention term.
        """
        return None if self.active_parameters is None else 2 * self.active_parameters
