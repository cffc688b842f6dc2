"""`tokometer.toml`: what can be settled, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.measures import CUBES, Query, QueryError, dimension_named, rules
from tokometer.measures.made import MADE, made_of
from tokometer.settings import Declared, LabelSettings, Rule, Settings, SettingsError, read_settings
from tokometer.settings.labelling import MOST_ROLLED


def read(folder: Path, text: str) -> Settings:
    """The settings that a file with this text says, its dimensions made."""
    path = folder / "tokometer.toml"
    path.write_text(text, encoding="utf-8")
    settings = read_settings(path)
    try:
        rules.use(settings.dimensions, path)
    finally:
        made = dict(MADE)
        rules.use((), path)
    MADE.update(made)
    return settings


@pytest.fixture(autouse=True)
def forgotten() -> object:
    """Made dimensions are forgotten after each test."""
    yield None
    rules.use((), Path("tokometer.toml"))


def test_without_a_file_everything_is_as_it_is(tmp_path: Path) -> None:
    """No labels but the known ones, nothing rolled up, no dimensions."""
    assert read_settings(tmp_path / "tokometer.toml") == Settings()
    assert read(tmp_path, "# nothing\n") == Settings(labels=LabelSettings(), dimensions=())


def test_all_that_can_be_settled(tmp_path: Path) -> None:
    """Each key, and rules whose filters may be one text."""
    settings = read(
        tmp_path,
        """
        [labels]
        otlp = ["customer.id", "app.*"]
        otlp_known = false
        rollup = ["customer"]

        [dimension.product]
        title = "The product"
        description = "Whose money it is."
        default = "other"
        [[dimension.product.rule]]
        value = "search"
        where = ["project contains search", "label.app = find"]
        [[dimension.product.rule]]
        value = "chat"
        where = "calls.family in claude, gpt"
        """,
    )
    assert settings.labels == LabelSettings(otlp=("customer.id", "app.*"), otlp_known=False, rollup=("customer",))
    assert settings.dimensions == (
        Declared(
            name="product",
            title="The product",
            description="Whose money it is.",
            default="other",
            rules=(
                Rule("search", ("project contains search", "label.app = find")),
                Rule("chat", ("calls.family in claude, gpt",)),
            ),
        ),
    )
    product = dimension_named("calls.product")
    assert (product.name, product.title, product.description) == ("calls.product", "The product", "Whose money it is.")
    assert dimension_named("product") is product
    assert list(MADE) == ["calls.product"]


def test_a_rule_that_names_no_cube_holds_wherever_it_can(tmp_path: Path) -> None:
    """In every cube that has what it looks at, and has nothing else of the name."""
    read(
        tmp_path,
        """
        [dimension.owner]
        rule = [{ value = "a", where = "team = a" }, { value = "b", where = "label.team = b" }]
        [dimension.tool]
        rule = [{ value = "x", where = "label.x = y" }]
        [dimension.big]
        rule = [{ value = "x", where = "owner = a" }]
        """,
    )
    assert {name.partition(".")[0] for name in MADE if name.endswith(".owner")} >= {"calls", "tools", "runs", "bills"}
    assert "samples.owner" not in MADE
    assert "calls.tool" in MADE
    assert "tools.tool" not in MADE
    assert [made.name for made in made_of(CUBES["calls"])] == ["calls.owner", "calls.tool", "calls.big"]


RULE = 'rule = [{ value = "x", where = "%s" }]'
MISTAKES = {
    "labls = 1": ("labls", "did you mean labels?"),
    "[labels]\notpl = []": ("labels.otpl", "did you mean otlp?"),
    "[labels]\notlp = 'x'": ("labels.otlp", "list of texts"),
    "[labels]\notlp = ['a*b']": ("labels.otlp[1]", "star"),
    "[labels]\notlp = ['*']": ("labels.otlp[1]", "star"),
    "[labels]\notlp_known = 1": ("labels.otlp_known", "true or false"),
    "[labels]\nrollup = ['']": ("labels.rollup[1]", "is empty"),
    f"[labels]\nrollup = ['{'k' * 65}']": ("labels.rollup[1]", "64 characters"),
    f"[labels]\nrollup = {[str(n) for n in range(MOST_ROLLED + 1)]}": ("labels.rollup", f"{MOST_ROLLED}"),
    "dimension = 1": ("dimension", "table"),
    "[dimension.Product]\n" + RULE % "team = a": ("dimension.Product", "lower-case"),
    "[dimension.product]\ntitle = 'x'": ("dimension.product.rule", "is missing"),
    "[dimension.product]\ntitel = 'x'\n" + RULE % "team = a": ("dimension.product.titel", "did you mean title?"),
    "[dimension.product]\ndefault = 3\n" + RULE % "team = a": ("dimension.product.default", "text in quotes"),
    "[dimension.product]\nrule = [{ where = 'team = a' }]": ("dimension.product.rule[1].value", "is missing"),
    "[dimension.product]\nrule = [{ value = 'a', where = [] }]": ("dimension.product.rule[1].where", "one to"),
    "[dimension.product]\n" + RULE % "team": ("dimension.product.rule[1].where[1]", "is no filter"),
    "[dimension.product]\n" + RULE % "taem = a": ("dimension.product.rule[1].where[1]", "did you mean 'calls.team'"),
    "[dimension.product]\n" + RULE % "calls.tool = a": ("dimension.product.rule[1].where[1]", "there is no dimension"),
    "[dimension.product]\n" + RULE % "hour = 25": ("dimension.product.rule[1].where[1]", "0 to 23"),
    "[dimension.product]\n" + RULE % "hour contains 2": ("dimension.product.rule[1].where[1]", "is no text"),
    "[dimension.product]\nrule = [{ value = 'a', where = ['calls.team = a', 'tools.team = b'] }]": (
        "dimension.product",
        "calls and tools",
    ),
    "[dimension.model]\n" + RULE % "team = a": ("dimension.model", "calls.model is a dimension already"),
    "[dimension.cost]\n" + RULE % "team = a": ("dimension.cost", "calls.cost is a measure already"),
    "[dimension.tool]\n" + RULE % "tools.team = a": ("dimension.tool", "tools.tool is a dimension already"),
    "[dimension.time]\n" + RULE % "team = a": ("dimension.time", "something else"),
    "[dimension.calls]\n" + RULE % "team = a": ("dimension.calls", "something else"),
    "[dimension.a]\n" + RULE % "a = x": ("dimension.a", "a → a"),
    f"[dimension.a]\n{RULE % 'b = x'}\n[dimension.b]\n{RULE % 'c = x'}\n[dimension.c]\n{RULE % 'calls.a = x'}": (
        "dimension.a",
        "a → b → c → a",
    ),
    "[labels": ("", "is not TOML"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, text: str) -> None:
    """The file, the key and what would be right; what was known before stays."""
    read(tmp_path, "[dimension.kept]\n" + RULE % "team = a")
    path = tmp_path / "tokometer.toml"
    path.write_text(text, encoding="utf-8")
    key, reason = MISTAKES[text]
    with pytest.raises(SettingsError) as caught:
        rules.use(read_settings(path).dimensions, path)
    assert caught.value.key == key
    assert reason in caught.value.reason
    assert str(path) in str(caught.value)
    assert "calls.kept" in MADE


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Is said to be so."""
    path = tmp_path / "tokometer.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_settings(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(path)


def test_an_unknown_dimension_is_none() -> None:
    """A dimension that the settings do not make is no dimension."""
    with pytest.raises(QueryError, match="there is no dimension"):
        Query(measures=("calls.cost",), by=("calls.product",))
