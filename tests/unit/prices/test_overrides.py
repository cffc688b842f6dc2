"""The user's own prices go before the catalogue's, and a file that cannot be used says exactly why."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tokometer.prices import PriceBook
from tokometer.prices.overrides import PriceFileError, read_overrides
from tokometer.records import ModelCall, to_us

NOON = to_us(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the prices stand."""
    return tmp_path / "prices.toml"


def cost(file: Path, text: str, **fields: object) -> Decimal | None:
    """USD of a call of a million input tokens to Claude Opus 5, under the prices in `text`."""
    file.write_text(text)
    values = {"provider": "anthropic", "model": "claude-opus-5", "started_at": NOON, "input_tokens": 10**6, **fields}
    call = ModelCall(source="test", native_id="1", **values)
    PriceBook.open(file).apply([call])
    return None if call.cost_priced is None else Decimal(call.cost_priced).scaleb(-9)


def test_a_price_of_the_user_goes_before_the_catalogues(file: Path) -> None:
    """One entry, by model in full."""
    assert cost(file, "") == 5
    assert cost(file, '[[price]]\nmodel = "claude-opus-5"\ninput = 1.25\noutput = 2') == Decimal("1.25")


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ('model = "claude-*"', True),
        ('model = "CLAUDE-OPUS-5"', True),
        ('model = "*"', True),
        ('model = "claude-opus"', False),
        ('model = "gpt-*"', False),
        ('model = "*"\nprovider = "anthropic"', True),
        ('model = "*"\nprovider = "Anthropic"', True),
        ('model = "*"\nprovider = "anth*"', True),
        ('model = "*"\nprovider = "openai"', False),
        ('model = "*"\nservice_tier = "batch"', False),
        ('model = "*"\nabove_tokens = 999_999', True),
        ('model = "*"\nabove_tokens = 1_000_000', False),
        ('model = "*"\nvalid_from = 2026-03-01', True),
        ('model = "*"\nvalid_from = 2026-03-02', False),
        ('model = "*"\nvalid_until = 2026-03-01', False),
        ('model = "*"\nvalid_until = 2026-03-01T12:00:00.000001Z', True),
        ('model = "*"\nvalid_until = 2026-03-01T12:00:00Z', False),
        ('model = "*"\nvalid_from = 2026-03-01T13:00:00+02:00', True),
        ('model = "*"\nvalid_from = "2026-03-01"', True),
    ],
)
def test_an_entry_holds_for_the_calls_that_it_describes(file: Path, condition: str, meant: bool) -> None:
    """Provider, model, tier, size and time all have to fit; calls that do not keep the catalogue's price."""
    assert cost(file, f"[[price]]\n{condition}\ninput = 7\noutput = 0") == (7 if meant else 5)


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"])
def test_an_entry_knows_a_model_by_every_spelling(file: Path, model: str) -> None:
    """The id as reported or as normalised."""
    text = f'[[price]]\nmodel = "{model}*"\ninput = 7\noutput = 0'
    assert cost(file, text, provider="bedrock", model="us.anthropic.claude-sonnet-4-5-20250929-v1:0") == 7


def test_the_first_entry_that_fits_is_used_but_conditions_go_first(file: Path) -> None:
    """Order of the file decides, except that a price for large calls or one tier is asked before the general one."""
    text = """
    [[price]]
    model = "claude-*"
    input = 1
    output = 0
    [[price]]
    model = "claude-opus-5"
    input = 2
    output = 0
    [[price]]
    model = "claude-*"
    above_tokens = 1_500_000
    input = 3
    output = 0
    [[price]]
    model = "*"
    service_tier = "batch"
    input = 4
    output = 0
    """
    assert cost(file, text) == 1
    assert cost(file, text, input_tokens=2 * 10**6) == 6
    assert cost(file, text, service_tier="Batch") == 4


def test_cache_prices_left_out_follow_from_the_input_price(file: Path) -> None:
    """As Anthropic's do for Claude; for others cached input costs what input does."""
    for model, expected in (("claude-opus-5", (Decimal("0.1"), Decimal("1.25"), 2)), ("gpt-5", (1, 1, 1))):
        text = f'[[price]]\nmodel = "{model}"\ninput = 1\noutput = 1'
        buckets = ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
        assert tuple(cost(file, text, model=model, input_tokens=0, **{name: 10**6}) for name in buckets) == expected


def test_every_price_can_be_stated(file: Path) -> None:
    """All of those for text, to the last digit."""
    text = """
    [[price]]
    model = "*"
    input = 1
    cache_read = 0.000001
    cache_write_5m = 3
    cache_write_1h = 4
    output = 5
    reasoning = 6
    request = 0.25
    currency = "usd"
    note = "contract"
    """
    tokens = dict.fromkeys(("input_tokens", "cache_read_tokens", "cache_write_5m_tokens"), 10**6)
    tokens |= dict.fromkeys(("cache_write_1h_tokens", "output_tokens", "reasoning_tokens"), 10**6)
    assert cost(file, text, **tokens) == Decimal("14.250001")


def test_one_cache_write_price_stands_for_both_lifetimes(file: Path) -> None:
    """`cache_write` is short for the two."""
    text = '[[price]]\nmodel = "*"\ninput = 1\noutput = 1\ncache_write = 9'
    for bucket in ("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_write_unknown_tokens"):
        assert cost(file, text, input_tokens=0, **{bucket: 10**6}) == 9


def test_a_price_by_the_request_alone(file: Path) -> None:
    """Where tokens are free, only the request needs a price."""
    assert cost(file, '[[price]]\nmodel = "*"\nrequest = 0.04') == Decimal("0.04")


def test_local_servers_can_be_given_a_price(file: Path) -> None:
    """Electricity and machines are not free to everyone; a call without tokens is unpriced then."""
    text = '[[price]]\nprovider = "ollama"\nmodel = "*"\ninput = 0.02\noutput = 0.1'
    assert cost(file, text, provider="ollama", model="llama3:8b") == Decimal("0.02")
    assert cost(file, text, provider="ollama", model="llama3:8b", input_tokens=None) is None


def test_the_version_changes_with_prices_and_not_with_comments(file: Path) -> None:
    """Who adds a remark has not changed a price, so nothing needs to be priced again."""
    file.write_text("# nothing yet\n")
    bare = PriceBook.open(file).version
    assert bare == PriceBook.open(None).version == PriceBook.open(file.with_name("missing.toml")).version
    file.write_text('[[price]]\nmodel = "x"\ninput = 1\noutput = 1')
    first = PriceBook.open(file).version
    file.write_text('# why\n[[price]]\nmodel = "x"\noutput = 1.0\ninput = 1\nnote = "y"')
    assert PriceBook.open(file).version == first
    file.write_text('[[price]]\nmodel = "x"\ninput = 2\noutput = 1')
    assert len({bare, first, PriceBook.open(file).version}) == 3


def test_an_explanation_names_the_entry(file: Path) -> None:
    """Counted as they stand in the file, with the user's note."""
    file.write_text('[[price]]\nmodel = "y"\nrequest = 1\n[[price]]\nmodel = "x"\nrequest = 1\nnote = "contract 7"')
    call = ModelCall(source="test", native_id="1", started_at=NOON, model="x", input_tokens=1)
    explained = PriceBook.open(file).explain(call)
    assert explained.source == "prices.toml, [[price]] 2"
    assert explained.notes == ("contract 7",)


def test_parts_and_quantities_have_prices_of_the_user(file: Path) -> None:
    """Audio, pictures and anything that is counted, under whatever name."""
    text = """
    [[price]]
    model = "*"
    input = 1
    output = 2
    input_audio = 10
    output_image = 20
    cache_read_audio = 5
    per = { web_searches = 0.5, dreams = 0.25 }
    """
    buckets = {"input_tokens": 10**6, "output_tokens": 10**6, "cache_read_tokens": 10**6}
    parts = {"input_audio": 500_000, "output_image": 250_000, "cache_read_audio": 10**6}
    assert cost(file, text, **buckets, parts=parts) == Decimal("0.5") + 5 + Decimal("1.5") + 5 + 5
    assert cost(file, text, quantities={"web_searches": 3_000, "dreams": 500}) == 1 + Decimal("1.5") + Decimal("0.125")


def test_prices_of_quantities_alone_are_added_to_the_catalogues(file: Path) -> None:
    """An entry with nothing but `per` leaves the tokens to whatever else prices them."""
    text = '[[price]]\nmodel = "*"\nper = { images = 0.04, web_searches = 1 }'
    assert cost(file, text) == 5
    assert cost(file, text, quantities={"images": 2_000, "web_searches": 1_000}) == 5 + Decimal("0.08") + 1
    assert cost(file, text, model="dall-e-3", provider="openai", input_tokens=None, quantities={"images": 1_000}) == (
        Decimal("0.04")
    )
    assert cost(file, text, model="nobody-knows", quantities={"images": 1_000}) is None


def test_what_the_user_leaves_out_is_the_catalogues_for_quantities_and_text_for_parts(file: Path) -> None:
    """A search costs what it does for everyone; audio is priced as text, and marked."""
    file.write_text('[[price]]\nmodel = "*"\ninput = 1\noutput = 1')
    call = ModelCall(source="test", native_id="1", started_at=NOON, provider="openai", model="gpt-audio")
    call.input_tokens, call.parts = 10**6, {"input_audio": 10**6}
    searching = ModelCall(source="test", native_id="2", started_at=NOON, provider="anthropic", model="claude-opus-5")
    searching.input_tokens, searching.quantities, searching.region = 10**6, {"web_searches": 1_000}, "us"
    PriceBook.open(file).apply([call, searching])
    assert (call.cost_priced, call.price_basis) == (10**9, "assumed:part")
    # The user's price is final: no surcharge of a region is put upon it.
    assert (searching.cost_priced, searching.price_basis) == (10**9 + 10**7, "")


@pytest.mark.parametrize("tier", ["batch", "Batch", "standard batch", "BATCHES"])
def test_a_price_for_one_tier_knows_it_by_every_word(file: Path, tier: str) -> None:
    """The tier as reported, or as it is understood."""
    text = '[[price]]\nmodel = "*"\nservice_tier = "batch"\ninput = 4\noutput = 0'
    assert cost(file, text, service_tier=tier) == 4


ENTRY = '[[price]]\nmodel = "x"\ninput = 1\noutput = 1\n'


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[[price", "", "not TOML"),
        ("x = 1", "x", "not known"),
        ("[[prices]]", "prices", "did you mean price?"),
        ("price = 1", "price", "[[price]]"),
        ("[price]\nmodel = 'x'", "price", "[[price]]"),
        ("[[price]]\ninput = 1\noutput = 1", "price[1].model", "missing"),
        ("[[price]]\nmodel = 1", "price[1].model", "text in quotes"),
        ('[[price]]\nmodel = "x"', "price[1]", "no price"),
        ('[[price]]\nmodel = "x"\ninput = 1', "price[1].output", "output = 0"),
        (ENTRY + '[[price]]\nmodel = "x"\noutput = 1', "price[2].input", "input = 0"),
        (ENTRY + "inputs = 1", "price[1].inputs", "did you mean input?"),
        (ENTRY + "cache_read = -1", "price[1].cache_read", "not a price"),
        (ENTRY + "cache_read = nan", "price[1].cache_read", "not a price"),
        (ENTRY + "cache_read = inf", "price[1].cache_read", "not a price"),
        (ENTRY + "cache_read = true", "price[1].cache_read", "number of US dollars"),
        (ENTRY + 'cache_read = "1"', "price[1].cache_read", "number of US dollars"),
        (ENTRY + "cache_read = 1e9", "price[1].cache_read", "per million tokens"),
        (ENTRY + "input_sound = 1", "price[1].input_sound", "did you mean input_audio?"),
        (ENTRY + "output_image = -1", "price[1].output_image", "not a price"),
        (ENTRY + "per = 1", "price[1].per", "{ images = 0.04 }"),
        (ENTRY + "per = { image = 0.04 }", "price[1].per.image", "did you mean images?"),
        (ENTRY + "per = { web_search = 0.04 }", "price[1].per.web_search", "did you mean web_searches?"),
        (ENTRY + "per = { images = -1 }", "price[1].per.images", "not a price"),
        (ENTRY + 'per = { images = "1" }', "price[1].per.images", "number of US dollars"),
        ('[[price]]\nmodel = "x"\nper = {}', "price[1]", "no price"),
        (ENTRY + 'currency = "EUR"', "price[1].currency", "USD"),
        (ENTRY + "above_tokens = 1.5", "price[1].above_tokens", "whole number"),
        (ENTRY + "above_tokens = -1", "price[1].above_tokens", "whole number"),
        (ENTRY + "valid_from = 12:00:00", "price[1].valid_from", "2026-01-31"),
        (ENTRY + 'valid_from = "soon"', "price[1].valid_from", "2026-01-31"),
        (ENTRY + "valid_from = 2026-02-01\nvalid_until = 2026-02-01", "price[1].valid_until", "not after"),
    ],
)
def test_a_mistake_is_reported_with_file_and_key(file: Path, text: str, key: str, reason: str) -> None:
    """Every mistake names the file, the key and what would be right; no price is half taken over."""
    file.write_text(text)
    with pytest.raises(PriceFileError) as error:
        PriceBook.open(file)
    assert (error.value.path, error.value.key) == (file, key)
    assert reason in error.value.reason
    assert str(file) in str(error.value)


def test_a_file_that_is_not_text_is_reported(file: Path) -> None:
    """Binary and foreign encodings, and a folder in the file's place."""
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(PriceFileError, match="UTF-8"):
        read_overrides(file)
    with pytest.raises(PriceFileError, match="cannot be read"):
        PriceBook.open(file.parent)


def test_no_file_is_no_overrides(file: Path) -> None:
    """Most people have none."""
    assert read_overrides(file) == read_overrides(None) == ()
