"""The price book fills in what calls cost, and says why."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.prices import PriceBook
from tokometer.prices.cache import FILE
from tokometer.records import STATUSES, ModelCall, to_us

NOON = to_us(datetime(2026, 11, 1, 12, tzinfo=UTC))


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """A book without overrides and without a file."""
    return PriceBook.open()


def call(model: str = "claude-opus-5", provider: str = "anthropic", **fields: object) -> ModelCall:
    """A call of a million input tokens, unless told otherwise."""
    values = {"source": "test", "native_id": "1", "started_at": NOON, "input_tokens": 1_000_000, **fields}
    return ModelCall(model=model, provider=provider, **values)


def priced(book: PriceBook, one: ModelCall) -> int | None:
    """What the book says that the call costs, in nano-USD."""
    book.apply([one])
    return one.cost_priced


def test_each_bucket_has_its_price(book: PriceBook) -> None:
    """Claude Opus 5 costs 5 dollars in, 25 out, 0.50 read, 6.25 and 10 written, per million tokens."""
    one = call(
        input_tokens=1_000_000,
        output_tokens=1_000_000,
        cache_read_tokens=1_000_000,
        cache_write_5m_tokens=1_000_000,
        cache_write_1h_tokens=1_000_000,
        cache_write_unknown_tokens=1_000_000,
    )
    assert priced(book, one) == (5 + 25 + Decimal("0.5") + Decimal("6.25") + 10 + Decimal("6.25")) * 10**9
    assert one.price_version == book.version


def test_unpriced_is_none_and_never_zero(book: PriceBook) -> None:
    """A model without a price leaves the cost unknown, and no version is claimed."""
    one = call("gpt-99-imaginary", "openai", cost_priced=5, price_version="old")
    assert priced(book, one) is None
    assert one.price_version == ""


def test_a_call_without_any_tokens_is_unpriced(book: PriceBook) -> None:
    """Nothing reported is not nothing used."""
    assert priced(book, call(input_tokens=None)) is None


def test_a_call_with_empty_buckets_costs_nothing(book: PriceBook) -> None:
    """Reported as zero is zero."""
    assert priced(book, call(input_tokens=0, output_tokens=0)) == 0


@pytest.mark.parametrize("status", ["rate_limit", "invalid_request", "auth_error"])
def test_a_refused_call_costs_nothing(book: PriceBook, status: str) -> None:
    """What was refused before the model ran is not billed, whether its model has a price or not."""
    for model in ("claude-opus-5", "unheard-of"):
        assert priced(book, call(model, input_tokens=None, status=status)) == 0


def test_an_http_error_costs_nothing(book: PriceBook) -> None:
    """An answer with an error status has no tokens in it; an error in mid-stream may have been billed."""
    assert priced(book, call(input_tokens=None, status="server_error", http_status=529)) == 0
    assert priced(book, call(input_tokens=None, status="server_error")) is None


@pytest.mark.parametrize("status", ["timeout", "cancelled", "ok"])
def test_a_call_that_ran_may_have_been_billed(book: PriceBook, status: str) -> None:
    """Who stops waiting does not stop the provider from billing: unpriced, not free."""
    assert priced(book, call(input_tokens=None, status=status)) is None


def test_a_failed_call_with_usage_is_priced(book: PriceBook) -> None:
    """Tokens that were reported were used, however the call ended."""
    assert priced(book, call(status="rate_limit")) == 5 * 10**9


@pytest.mark.parametrize(
    ("provider", "model"),
    [("ollama", "llama3.1:8b"), ("vllm", "any"), ("lm_studio", "x"), ("llama.cpp", ""), ("", "llama3.1:8b")],
)
def test_local_servers_bill_no_tokens(book: PriceBook, provider: str, model: str) -> None:
    """What runs on the user's own machine costs 0, also where it does not report tokens."""
    assert priced(book, call(model, provider)) == 0
    assert priced(book, call(model, provider, input_tokens=None)) == 0


def test_ollamas_cloud_is_not_local(book: PriceBook) -> None:
    """Cloud models run on Ollama's machines; their price is not listed."""
    assert priced(book, call("gpt-oss:120b-cloud", "ollama")) is None


def test_answers_that_the_client_made_up_cost_nothing(book: PriceBook) -> None:
    """Claude Code writes `<synthetic>` where it answers in a model's place."""
    assert priced(book, call("<synthetic>", "anthropic")) == 0


def test_service_tiers_have_their_prices(book: PriceBook) -> None:
    """Batch is half, fast mode double; a tier without a price of its own costs what standard does."""
    model = "claude-fable-5-2"
    standard = priced(book, call(model))
    assert priced(book, call(model, service_tier="batch")) * 2 == standard
    assert priced(book, call(model, service_tier="fast")) == 2 * standard
    assert priced(book, call(model + "-fast")) == 2 * standard
    assert priced(book, call(model, service_tier="standard")) == standard
    assert priced(book, call(model, service_tier="priority")) == standard


def test_reasoning_has_a_price_of_its_own_where_it_is_listed(book: PriceBook) -> None:
    """Sonar Deep Research: 8 dollars for output, 3 for the part of it that is reasoning."""
    one = call("sonar-deep-research", "perplexity", input_tokens=0, output_tokens=1_000_000, reasoning_tokens=400_000)
    assert priced(book, one) == (600_000 * 8 + 400_000 * 3) * 1000


def test_requests_have_a_price_of_their_own_where_it_is_listed(book: PriceBook) -> None:
    """Sonar costs 12 dollars per thousand requests besides its tokens."""
    assert priced(book, call("sonar", "perplexity", input_tokens=0, output_tokens=0)) == 12_000_000


def test_a_cost_beyond_belief_is_unpriced(book: PriceBook) -> None:
    """Money is kept with nine digits before the point; a call that needs more has wrong tokens."""
    one = call(input_tokens=2**53)
    assert priced(book, one) is None
    assert "billion" in book.explain(one).notes[-1]


def test_costs_are_rounded_once_and_half_to_even() -> None:
    """Two halves of a nano-dollar are one nano-dollar, one half rounds to the even neighbour."""
    from tokometer.prices.rates import to_nano

    assert [to_nano(n * 5 * 10**8) for n in range(8)] == [0, 0, 1, 2, 2, 2, 3, 4]


counts = st.one_of(st.none(), st.just(0), st.integers(0, 10**7))


@settings(max_examples=300, deadline=None)
@given(
    model=st.sampled_from(
        ["claude-opus-5", "gemini-2.5-pro", "deepseek-v4-pro", "sonar-deep-research", "llama3:8b", "nobody-knows"]
    ),
    status=st.sampled_from(STATUSES),
    http_status=st.sampled_from([None, 200, 429, 503]),
    started_at=st.integers(to_us(datetime(2023, 1, 1, tzinfo=UTC)), NOON),
    tokens=st.fixed_dictionaries(
        dict.fromkeys(
            (
                "input_tokens",
                "cache_read_tokens",
                "cache_write_5m_tokens",
                "cache_write_1h_tokens",
                "cache_write_unknown_tokens",
                "output_tokens",
                "reasoning_tokens",
            ),
            counts,
        )
    ),
)
def test_the_explanation_adds_up_to_the_price(
    book: PriceBook, model: str, status: str, http_status: int | None, started_at: int, tokens: dict[str, int | None]
) -> None:
    """What is explained is what was applied: same cost, and its lines sum to it."""
    one = call(model, "", status=status, http_status=http_status, started_at=started_at, **tokens)
    cost = priced(book, one)
    explained = book.explain(one)
    assert (None if explained.cost is None else int(explained.cost.scaleb(9))) == cost
    if cost:
        assert abs(sum(line.cost for line in explained.lines) - explained.cost) <= Decimal("5e-10")


def test_an_explanation_says_where_the_price_stands(book: PriceBook) -> None:
    """The list, the entry in it, and each bucket's price."""
    explained = book.explain(call(output_tokens=10))
    assert explained.source.endswith("anthropic: claude-opus-5")
    assert [(line.bucket, line.quantity, line.price) for line in explained.lines] == [
        ("input", 1_000_000, Decimal(5)),
        ("output", 10, Decimal(25)),
    ]


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (call("nobody-knows", "openai"), "prices.toml"),
        (call("claude-opus-5", "corp-gateway"), "no price list"),
        (call("gpt-4.1", "azure", service_tier="batch"), "standard"),
        (call("whisper-1", "openai"), "not sold by the token"),
        (call(input_tokens=None), "no tokens"),
        (call("claude-opus-4-8", region="us"), "11/10"),
        (call(stop_reason="refusal"), "refused before"),
        (call(input_tokens=None, status="rate_limit"), "not billed"),
        (call("x", "ollama"), "yourself"),
    ],
)
def test_an_explanation_notes_what_was_assumed(book: PriceBook, one: ModelCall, word: str) -> None:
    """A reader learns about assumptions, and what to do about a call without a price."""
    assert word in " ".join(book.explain(one).notes)


def test_model_info_knows_window_and_prices(book: PriceBook) -> None:
    """Context window and prices per million tokens, found by any spelling of provider and model."""
    info = book.model_info("Anthropic", "claude-opus-5[1m]", at=NOON)
    assert (info.provider, info.model, info.context_window) == ("anthropic", "claude-opus-5", 1_000_000)
    assert (info.input, info.output, info.cache_read) == (5, 25, Decimal("0.5"))
    assert (info.cache_write_5m, info.cache_write_1h, info.request) == (Decimal("6.25"), 10, 0)
    assert book.model_info("openai", "nobody-knows") is None


def test_the_version_names_the_catalogue(book: PriceBook) -> None:
    """Without overrides the version is the catalogue's and our rules'."""
    import genai_prices

    assert book.version == f"genai-prices {genai_prices.__version__} r2"


def test_odd_names_are_unpriced_and_harm_nothing(tmp_path: Path) -> None:
    """Lone surrogates, control characters and megabytes of name price as unknown and do not break the file."""
    book = PriceBook.open(cache=tmp_path)
    for odd in ("\ud800", "\x00", "x" * 10**6, "é", "*", "[", "arn:", "/", "models/", "@", ":free", "[1m]"):
        assert priced(book, call(odd, odd, service_tier=odd)) is None
        assert priced(book, call(odd, "anthropic", service_tier=odd)) is None
    assert priced(PriceBook.open(cache=tmp_path), call()) == 5 * 10**9


def test_what_was_looked_up_is_kept_for_the_next_process(tmp_path: Path) -> None:
    """A second process prices the same models, unknown ones included, without importing the catalogue."""
    program = f"""
import sys
from pathlib import Path
from tokometer.prices import PriceBook
from tokometer.records import ModelCall
book = PriceBook.open(None, Path({str(tmp_path)!r}))
calls = [
    ModelCall(source="t", native_id="1", started_at={NOON}, provider="", model=model, input_tokens=1000)
    for model in ("claude-opus-5", "nobody-knows", "llama3:8b", "gemini-2.5-pro")
]
book.apply(calls)
print([call.cost_priced for call in calls], "genai_prices" in sys.modules)
"""
    run = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in "12"]
    assert [one.stdout.strip() for one in run] == [
        "[5000000, None, 0, 1250000] True",
        "[5000000, None, 0, 1250000] False",
    ]


@pytest.mark.parametrize("content", [b"", b"\xc1", b"not a cache", b"\x92\xa1x\x90", None])
def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path: Path, content: bytes | None) -> None:
    """Empty, truncated or foreign: prices are looked up again and the file is replaced."""
    PriceBook.open(cache=tmp_path).apply([call()])
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-7] if content is None else content)
    assert priced(PriceBook.open(cache=tmp_path), call()) == 5 * 10**9
    assert (tmp_path / FILE).read_bytes() == whole


def kept_in(folder: Path) -> Any:
    """What the file of listings holds, behind its digest."""
    return msgspec.msgpack.decode((folder / FILE).read_bytes()[16:])


def keep_in(folder: Path, content: object) -> None:
    """Write such a file."""
    encoded = msgspec.msgpack.encode(content)
    (folder / FILE).write_bytes(blake2b(encoded, digest_size=16).digest() + encoded)


def test_one_wrong_bit_is_no_price(tmp_path: Path) -> None:
    """A file in which any bit has flipped is as if it were not there: what it says may look right."""
    PriceBook.open(cache=tmp_path).apply([call()])
    whole = (tmp_path / FILE).read_bytes()
    for at in range(0, len(whole), 37):
        spoilt = bytearray(whole)
        spoilt[at] ^= 1
        (tmp_path / FILE).write_bytes(spoilt)
        assert priced(PriceBook.open(cache=tmp_path), call()) == 5 * 10**9


def test_a_file_of_the_right_types_but_without_periods_is_not_believed(tmp_path: Path) -> None:
    """Every truncation of meaning counts as damage too."""
    PriceBook.open(cache=tmp_path).apply([call()])
    version, listings = kept_in(tmp_path)
    listings[0][1][-1] = []
    keep_in(tmp_path, [version, listings])
    assert priced(PriceBook.open(cache=tmp_path), call()) == 5 * 10**9


def test_a_file_of_another_version_is_not_used(tmp_path: Path) -> None:
    """Prices kept under another catalogue do not survive it."""
    PriceBook.open(cache=tmp_path).apply([call()])
    kept = (tmp_path / FILE).read_bytes()
    _, listings = kept_in(tmp_path)
    listings[0][1] = None
    keep_in(tmp_path, ["genai-prices 0.0.1 r2", listings])
    assert priced(PriceBook.open(cache=tmp_path), call()) == 5 * 10**9
    assert (tmp_path / FILE).read_bytes() == kept


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    """Pricing works where nothing can be kept."""
    (tmp_path / "file").write_text("in the way")
    assert priced(PriceBook.open(cache=tmp_path / "file" / "cache"), call()) == 5 * 10**9


def test_two_processes_keep_what_both_looked_up(tmp_path: Path) -> None:
    """Who writes last does not forget what the other found meanwhile."""
    first, second = PriceBook.open(cache=tmp_path), PriceBook.open(cache=tmp_path)
    first.apply([call("claude-opus-5")])
    second.apply([call("gpt-5", "openai")])
    _, listings = kept_in(tmp_path)
    assert {key[1] for key, _ in listings} == {"claude-opus-5", "gpt-5"}


def test_threads_share_a_book(tmp_path: Path) -> None:
    """Eight threads meet the same new models at once, and all get the same prices."""
    book = PriceBook.open(cache=Path(tmp_path))
    models = ["claude-opus-5", "claude-haiku-4-5", "claude-sonnet-4-5", "nobody-knows"] * 50
    batches = [[call(model) for model in models] for _ in range(8)]
    threads = [Thread(target=book.apply, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({tuple(one.cost_priced for one in batch) for batch in batches}) == 1
