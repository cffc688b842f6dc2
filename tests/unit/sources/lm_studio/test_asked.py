"""What LM Studio answers, in both generations, becomes models on offer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generators.sources.lm_studio import EXAMPLES, START, TARGET, answer
from tokometer.records import ModelOnOffer, Sample
from tokometer.sources.lm_studio.asked import LmStudioPoll
from tokometer.sources.protocol import Fetched, PollError


def fetch_of(answers: Mapping[str, Fetched]):  # noqa: ANN201
    """What asks a server that answers so."""

    def fetch(path: str = "", query=None, *, headers=None, body=None) -> Fetched:  # noqa: ANN001
        return answers.get(path, Fetched(404, b"", "text/plain"))

    return fetch


def models(number: int, poll: int) -> list[ModelOnOffer]:
    """The models of an example at one time."""
    example = EXAMPLES[number]
    records = LmStudioPoll().read(TARGET, b"", fetch_of(example.polls[poll]), START).records
    return [one for one in records if isinstance(one, ModelOnOffer)]


def test_the_newer_one_says_what_models_are() -> None:
    """Sizes, capabilities and what is loaded, of `/api/v1/models`."""
    model, embedding = models(0, 1)
    assert (model.provider, model.machine, model.title) == ("lmstudio", "studio", "GPT-OSS 20B")
    assert (model.size_bytes, model.parameters, model.quantisation) == (12_109_565_632, 20 * 10**9, "MXFP4")
    assert (model.tools, model.vision, model.status, model.context_window) == ("yes", "no", "loaded", 131_072)
    assert model.labels == {"publisher": "openai", "type": "llm", "capabilities": "reasoning"}
    assert (embedding.tools, embedding.vision, embedding.parameters, embedding.status) == ("", "", None, "available")


def test_the_older_one_is_asked_where_there_is_no_newer() -> None:
    """`/api/v0/models` says less, and what it does not say is unknown."""
    [model] = models(1, 1)
    assert (model.tools, model.vision, model.status, model.file_format) == ("yes", "yes", "loaded", "mlx")
    assert (model.size_bytes, model.parameters) == (None, None)
    answers = {"/api/v0/models": EXAMPLES[1].polls[0]["/api/v0/models"]}
    assert LmStudioPoll().read(TARGET, b"", fetch_of(answers), START).records


def test_what_is_loaded_is_a_series_that_ends_with_0() -> None:
    """Instances and context while a model is loaded, 0 once, nothing after."""
    example, state, found = EXAMPLES[0], b"", []
    for answers in (*example.polls, example.polls[-1]):
        reading = LmStudioPoll().read(TARGET, state, fetch_of(answers), START)
        state = reading.state
        found.append([(one.metric, one.value) for one in reading.records if isinstance(one, Sample)])
    loaded, context = "lm_studio.model.loaded", "lm_studio.model.context"
    assert found == [[], [(loaded, 1.0), (context, 8192.0)], [(loaded, 0.0), (context, 0.0)], []]


@pytest.mark.parametrize("state", [b"\x91\x01", b"rubbish"])
def test_what_another_version_remembered_is_nothing(state: bytes) -> None:
    """It is asked as if for the first time, and not refused for ever."""
    answers = EXAMPLES[0].polls[0]
    read = [LmStudioPoll().read(TARGET, told, fetch_of(answers), START).records for told in (state, b"")]
    assert read[0] == read[1] != []


@pytest.mark.parametrize("status", [200, 404])
def test_something_else_at_its_address_is_told(status: int) -> None:
    """Port 1234 is anybody's."""
    answers = {"/api/v1/models": answer({"hello": 1}, status), "/api/v0/models": answer({"hello": 1})}
    with pytest.raises(PollError, match="not as LM Studio does"):
        LmStudioPoll().read(TARGET, b"", fetch_of(answers), START)


def test_a_wrong_token_is_told_as_one() -> None:
    """LM Studio may want a token."""
    with pytest.raises(PollError) as found:
        LmStudioPoll().read(TARGET, b"", fetch_of({"/api/v1/models": answer({}, 401)}), START)
    assert found.value.secret
