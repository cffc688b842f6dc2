"""A condition is declared once; rules are read from one grammar, in files and elsewhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tokometer.alerting import CONDITIONS, AlertRule, Condition, Param, Reading, RuleError, Situation, Terms
from tokometer.alerting.condition import Inquiry, declare
from tokometer.alerting.planning import plan
from tokometer.alerting.rule import check, declared, terms_of, told
from tokometer.alerting.wording import sentence
from tokometer.measures import Filter, Query
from tokometer.server.rules import grammar
from tokometer.settings import SettingsError
from tokometer.settings.file import read_settings
from unit.alerting.world import World


def _even(terms: Terms, situation: Situation) -> Inquiry:
    yield ()
    holds = situation.now.minute % terms.given["of"] == 0
    return [Reading(holds=holds, over=not holds, words="the minute is even")]


def test_adding_a_condition_touches_one_place(world: World) -> None:
    """One declaration, and it is in the grammar, in the form, in words, and fires."""
    declare(
        Condition(
            name="even",
            title="The minute is even",
            meaning="for a test",
            read=_even,
            phrase="is divisible by {of}",
            takes=(Param(name="of", title="Of", form="whole", default=2, least=1),),
        )
    )
    try:
        terms = terms_of({"condition": "even", "of": 3})
        assert told(terms) == {"condition": "even", "of": 3}
        assert sentence(terms) == "All together is divisible by 3"
        assert grammar(terms.condition)["takes"][0]["name"] == "of"
        even = AlertRule(id="e", title="Even", terms=terms)
        world.turn(even, after=timedelta(minutes=3))
        assert world.firing() == [""]
        world.turn(even, after=timedelta(minutes=1))
        assert world.firing() == []
    finally:
        del CONDITIONS["even"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "condition"),
        ({"condition": "treshold"}, "condition"),
        ({"condition": "threshold", "value": 1}, "measure"),
        ({"condition": "threshold", "measure": "calls.costs", "value": 1}, "measure"),
        ({"condition": "threshold", "measure": "calls.cost"}, "value"),
        ({"condition": "threshold", "measure": "calls.cost", "value": "much"}, "value"),
        ({"condition": "threshold", "measure": "calls.cost", "value": float("nan")}, "value"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "window": "soon"}, "window"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "each": "usr"}, "each"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "each": "day"}, "each"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "where": ["nothing"]}, "where"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "where": ["jobs.job = a"]}, "where"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "percent": 3}, "percent"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "for_minutes": -1}, "for_minutes"),
        ({"condition": "threshold", "measure": "calls.cost", "value": 1, "tz": "Mars"}, "tz"),
        ({"condition": "change", "measure": "judgement.health_score", "percent": 1}, "measure"),
        ({"condition": "budget_used", "where": ["calls.team = a"]}, "where"),
        ({"condition": "sync_failing", "window": "1h"}, "window"),
    ],
)
def test_what_cannot_be_understood_is_told_at_its_field(given: dict[str, Any], field: str) -> None:
    """With the field and a reason, for files, forms and programs alike."""
    with pytest.raises(RuleError) as wrong:
        terms_of(given)
    assert wrong.value.field == field


def test_a_rule_survives_the_way_out_and_in() -> None:
    """What the API tells of a rule is the same rule."""
    given = {
        "condition": "threshold",
        "measure": "calls.cost",
        "where": ["team = research", 'calls.model in ["a", "b"]'],
        "window": "7d",
        "tz": "Europe/Berlin",
        "each": "user",
        "for_minutes": 10,
        "value": 50,
        "recover": 40,
    }
    terms = terms_of(given)
    assert terms_of(told(terms)) == terms
    assert sentence(terms).startswith("Cost of any user over 7 days where calls.team = research and ")
    assert sentence(terms).endswith(" is above $50.00, for 10 minutes")


def test_rules_stand_in_the_file_of_the_settings(tmp_path: Path) -> None:
    """`[[alert]]`, with the grammar of the page; a mistake is told with its key."""
    path = tmp_path / "tokometer.toml"
    path.write_text('[[alert]]\ntitle = "Much"\ncondition = "threshold"\nmeasure = "calls.cost"\nvalue = 50.5\n')
    settings = read_settings(path)
    check(settings, path)
    rule = declared(settings.alerts[0].told)
    assert (rule.id, rule.origin, rule.terms.given["value"]) == ("file:Much", "file", 50.5)
    path.write_text('[[alert]]\ntitle = "Much"\ncondition = "threshold"\nmeasure = "calls.cot"\nvalue = 1\n')
    with pytest.raises(SettingsError, match=r"alert\[1\].measure"):
        check(read_settings(path), path)


def test_questions_that_differ_in_one_value_are_asked_once(world: World) -> None:
    """Five teams and two measures of the same calls: one question, whose answers are those of each."""
    for number in range(4):
        world.calls(timedelta(hours=1), number + 1, team=f"t{number}")
    questions = [
        Query(measures=(name,), where=(Filter("calls.team", "=", (f"t{number}",)),), since="24h")
        for number in range(5)
        for name in ("calls.cost", "calls.requests")
    ]
    made = plan(questions)
    assert len(made.asked) == 1
    answers = made.answers(lambda question: world.ask(question, world.now))
    for question in questions:
        alone, short = world.ask(question, world.now), question.measures[0].partition(".")[2]
        together = answers[question]
        assert not isinstance(together, Exception)
        assert together.rows[0][short] == alone.rows[0][short]
