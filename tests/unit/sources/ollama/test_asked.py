"""What Ollama answers becomes models on offer and what they take of the memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from generators.sources.ollama import CLOUD, EXAMPLES, LLAMA, MINUTE, NOMIC, START, TARGET, answer, poll
from tokometer.records import ModelOnOffer, Record, Sample
from tokometer.sources.ollama.asked import OllamaPoll, address_in
from tokometer.sources.ollama.described import described
from tokometer.sources.protocol import Fetched, PollError


class Played:
    """Answers, and what was asked for."""

    def __init__(self, answers: Mapping[str, Fetched]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, bytes | None]] = []

    def __call__(
        self,
        path: str = "",
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Fetched:
        """The answer to a path."""
        self.asked.append((path, body))
        return self.answers.get(path, Fetched(404, b"404 page not found", "text/plain"))


def played() -> list[list[Record]]:
    """The records of each question of the example."""
    [example] = EXAMPLES
    state, found = b"", []
    for answers, now in zip(example.polls, example.clocks, strict=True):
        reading = OllamaPoll().read(TARGET, state, Played(answers), now)
        state = reading.state
        found.append(reading.records)
    return found


def test_a_model_says_everything_that_is_known_of_it() -> None:
    """Size, quantisation, capabilities, context, licence, and when it was installed."""
    model = next(one for one in played()[0] if isinstance(one, ModelOnOffer) and one.model == LLAMA)
    assert model.machine == "atlas-02"
    assert (model.title, model.family, model.size_bytes) == ("Llama 3.1 8B Instruct", "llama", 4_920_753_328)
    assert (model.parameters, model.quantisation, model.file_format) == (8_030_261_312, "Q4_K_M", "gguf")
    assert (model.context_window, model.tools, model.vision, model.installed) == (131_072, "yes", "no", "yes")
    assert (model.status, model.licence, model.last_used_at) == ("available", "llama3.1", None)
    assert model.installed_at == 1_770_829_365_119_331
    assert model.labels == {"capabilities": "completion, tools", "parameters": "temperature 0.7, num_ctx 8192"}


def test_what_is_in_memory_is_told_and_once_that_it_is_not() -> None:
    """VRAM while a model is loaded, 0 when it no longer is, nothing after."""
    vram = [
        [one.value for one in records if isinstance(one, Sample) and one.metric == "ollama.model.vram"]
        for records in played()
    ]
    assert vram == [[], [5_333_539_264.0], [5_333_539_264.0], [0.0], []]


def test_a_use_shows_by_the_time_that_moves() -> None:
    """A model was last used when the time until which it stays was seen to be another."""
    used = [
        [one.last_used_at for one in records if isinstance(one, ModelOnOffer) and one.model == LLAMA]
        for records in played()
    ]
    assert used == [[None], [START + MINUTE], [START + 2 * MINUTE], [None], []]


def test_what_is_gone_is_removed_and_what_is_elsewhere_is_not_installed() -> None:
    """A model of Ollama's cloud has no size here; one that was deleted is told as such."""
    models = [one for records in played() for one in records if isinstance(one, ModelOnOffer)]
    cloud = next(one for one in models if one.model == CLOUD)
    assert (cloud.installed, cloud.size_bytes) == ("no", None)
    assert [one.status for one in models if one.model == NOMIC][-1] == "removed"


def test_each_model_is_asked_about_once() -> None:
    """What a model is stays the same as long as its digest does."""
    [example] = EXAMPLES
    first = Played(example.polls[0])
    state = OllamaPoll().read(TARGET, b"", first, START).state
    second = Played(example.polls[1])
    OllamaPoll().read(TARGET, state, second, START + MINUTE)
    assert sum(path == "/api/show" for path, _ in first.asked) == 2
    assert not any(path == "/api/show" for path, _ in second.asked)


def test_an_old_ollama_does_not_say_what_models_can_do() -> None:
    """Without capabilities it is unknown whether a model calls tools; one that cannot be shown is told."""
    answers = {**EXAMPLES[0].polls[0], "/api/show": Fetched(404, b"{}")}
    models = OllamaPoll().read(TARGET, b"", Played(answers), START).records
    assert [(one.tools, one.vision) for one in models if isinstance(one, ModelOnOffer)] == [("", ""), ("", "")]


def test_a_capability_that_nobody_knows_is_counted() -> None:
    """A word of a later release is told, once for each model that is new."""
    answers = {**EXAMPLES[0].polls[0], "/api/show": answer({"capabilities": ["completion", "telepathy"]})}
    reading = OllamaPoll().read(TARGET, b"", Played(answers), START)
    assert [(one.name, one.count) for one in reading.notices] == [("capabilities.telepathy", 2)]
    again = OllamaPoll().read(TARGET, reading.state, Played(answers), START)
    assert not again.notices


@pytest.mark.parametrize("state", [b"\x91\x01", b"rubbish"])
def test_what_another_version_remembered_is_nothing(state: bytes) -> None:
    """It is asked as if for the first time, and not refused for ever."""
    answers = EXAMPLES[0].polls[0]
    read = [OllamaPoll().read(TARGET, told, Played(answers), START).records for told in (state, b"")]
    assert read[0] == read[1] != []


def test_something_else_at_its_address_is_told() -> None:
    """What is no Ollama is not taken for one without models."""
    with pytest.raises(PollError, match="not as Ollama does"):
        OllamaPoll().read(TARGET, b"", Played({"/api/tags": answer([])}), START)


@pytest.mark.parametrize(
    "answers", [{"models": [None, 3, {"name": 5}, {}]}, {"models": [{"name": "m", "details": [], "size": "big"}]}]
)
def test_what_is_not_as_it_should_be_is_not_known(answers: object) -> None:
    """A field of another type is unknown, and the rest goes on."""
    polled = {**poll([], []), "/api/tags": answer(answers), "/api/show": answer(["odd"])}
    OllamaPoll().read(TARGET, b"", Played(polled), START)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":8080", "http://127.0.0.1:8080"),
        ("8080", "http://127.0.0.1:8080"),
        ("gpu-1", "http://gpu-1:11434"),
        ("gpu-1:8080/", "http://gpu-1:8080"),
        ("http://gpu-1", "http://gpu-1:80"),
        ("https://gpu-1/ollama", "https://gpu-1:443/ollama"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("[::1]", "http://[::1]:11434"),
    ],
)
def test_the_address_is_read_as_ollama_does(told: str, expected: str) -> None:
    """A scheme, a host or a port may be missing."""
    assert address_in(told) == expected
    [target] = OllamaPoll().local(Path("/nowhere"), {"OLLAMA_HOST": told})
    assert target.url == expected


@pytest.mark.parametrize(
    ("named", "text", "expected"),
    [
        ("apache-2.0", "whatever", "apache-2.0"),
        (None, "   Apache License\n   Version 2.0", "apache-2.0"),
        (None, ["MIT License\n"], "mit"),
        (None, "\n\nSome Other Licence\nof somebody", "Some Other Licence"),
        (None, None, ""),
    ],
)
def test_a_licence_has_a_short_name(named: object, text: object, expected: str) -> None:
    """As the model names it, or as its text begins."""
    assert described({"model_info": {"general.license": named}, "license": text}).licence == expected
