"""Which answer a line is part of, where no request id says it.

The id of a message is unique where its provider makes it. Gateways do not all: some give every answer one id. So an id
that does not look random names an answer only together with the time of its first line. What belongs together is
decided by what stands between two lines, and by the tokens of the prompt, which differ from answer to answer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from tokometer.sources.claude_code.calls import LONGEST_WAIT_US, Tokens

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
#: Changes between small letters, capitals and digits: of 24 random hexadecimal digits, one in ten thousand has fewer
#: than three; words and numbers have one or two.
_CHANGES: Final = r"(?:[a-z]++(?=[A-Z0-9])|[A-Z]++(?=[a-z0-9])|[0-9]++(?=[A-Za-z])){3}"
#: Whether an id is of the form that nearly all have: a quick :func:`is_unique`.
is_issued: Final = re.compile(rf"msg_(?=[A-Za-z0-9]{{16,}}\Z){_CHANGES}").match
_is_random: Final = re.compile(rf"(?=[A-Za-z0-9]{{16,}}\Z){_CHANGES}").match
_FEWEST_LETTERS: Final = 8
_LONG: Final = 24
_HEX: Final = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]+")

#: Input, cache reads and cache writes; None where a line states none.
Prompt = tuple[int, int, int]


def is_unique(message_id: str) -> bool:
    """Whether an id is one that a provider makes for one answer: `msg_01XFDUDYJgAACzvnptvVoYEL`, `msg_bdrk_…`.

    Other ids that look random are some gateway's, and can be those of a session, or the same for every answer.
    """
    # Asked of every answer, and nearly all are of the first form.
    return is_issued(message_id) is not None or (
        message_id.startswith("msg_") and _has_random_part(message_id[:_LONGEST])
    )


#: Of a longer id the rest says nothing.
_LONGEST: Final = 256


@lru_cache(maxsize=8_192)
def _has_random_part(message_id: str) -> bool:
    uuid = _UUID.search(message_id)
    if uuid:
        word = uuid.group().replace("-", "")
        return len(set(word)) >= _FEWEST_LETTERS and _is_random(word) is not None
    return any(_is_random(word) or _is_long_number(word) for word in _WORD.findall(message_id))


def _is_long_number(word: str) -> bool:
    """Whether it is a hexadecimal number whose letters and digits happen to stand apart."""
    return len(word) >= _LONG and len(set(word)) > _FEWEST_LETTERS and _HEX.fullmatch(word) is not None


def prompt_of(tokens: Tokens) -> Prompt:
    """The prompt's part of what an answer used."""
    return tokens[0], tokens[2], tokens[3] + tokens[4]


def group_of(message_id: str, key: str, tokens: Tokens | None, at: int) -> str:
    """What the calls share that are one answer seen from several sides.

    An id that does not look random can be any number of answers: those with the same prompt are taken for one.
    """
    if is_unique(message_id) and "@" not in key:
        return message_id
    prompt = (0, 0, 0) if tokens is None else prompt_of(tokens)
    if not any(prompt):
        return f"{message_id}#@{at:x}"
    return f"{message_id}#{prompt[0]:x}.{prompt[1]:x}.{prompt[2]:x}"


class Segment(msgspec.Struct, array_like=True, gc=False):
    """The newest answer of one message id."""

    key: str
    #: How many prompts of people, and how many other user lines, there had been when its last line came.
    prompts: int
    steps: int
    prompt: Prompt
    #: Whether it has said why it stopped.
    stopped: bool
    last_at: int


class Turns(msgspec.Struct, array_like=True, gc=False):
    """What tells answers apart in a transcript, or in the sidechains inside it; kept between readings."""

    prompts: int = 0
    steps: int = 0
    #: The time of the newest line that counted.
    latest: int = 0
    segments: dict[str, Segment] = {}
    #: The answer of each line, by message id and time, where the id alone does not name it: a line that was written
    #: twice has the same.
    lines: dict[str, str] = {}

    def keep_newest(self, answers: int, lines: int) -> None:
        """Forget the oldest answers and lines beyond what may still matter."""
        if len(self.segments) > answers:
            self.segments = dict(list(self.segments.items())[-answers:])
        if len(self.lines) > lines:
            self.lines = dict(list(self.lines.items())[-lines:])

    def take_prompt(self, at: int) -> None:
        """Count what a person wrote. What is older than the last line is a copy, or had to wait for an answer's end."""
        if at > self.latest:
            self.prompts += 1
            self.latest = at
        else:
            self.steps += 1

    def key_of(self, name: str, message_id: str, tokens: Tokens | None, at: int, *, stopped: bool) -> str:
        """The id of the answer that a line is part of: `name` where the message's id is unique, else it is longer.

        A line that states no tokens goes on with what there is.
        """
        line = f"{message_id}@{at:x}"
        key = self.lines.get(line)
        if key is not None:
            # A copy, which says nothing of what goes on.
            return key
        segment = self.segments.get(message_id)
        prompt = (0, 0, 0) if tokens is None else prompt_of(tokens)
        unique = is_unique(message_id)
        if segment is None:
            key = name if unique else _timed(name, prompt, at)
        elif tokens is None or self._goes_on(segment, prompt, at, unique=unique):
            key = segment.key
        else:
            key = _timed(name, prompt, at)
        if key != name:
            self.lines[line] = key
        self.latest = max(self.latest, at)
        # The newest stand last.
        self.segments.pop(message_id, None)
        self.segments[message_id] = Segment(key, self.prompts, self.steps, prompt, stopped, at)
        return key

    def _goes_on(self, segment: Segment, prompt: Prompt, at: int, *, unique: bool) -> bool:
        """Whether a line belongs to the same answer as the last one with this id."""
        if unique and "@" not in segment.key:
            return not self._is_reused(segment, prompt, at)
        if self.prompts != segment.prompts:
            return False
        same = prompt == segment.prompt
        if self.steps != segment.steps:
            # The outcome of a tool can stand inside an answer that uses several.
            return same and any(prompt)
        if same or not any(prompt) or not any(segment.prompt):
            return True
        return not segment.stopped and at - segment.last_at <= LONGEST_WAIT_US

    def _is_reused(self, segment: Segment, prompt: Prompt, at: int) -> bool:
        """Whether an id that looks random is given to another answer all the same."""
        between = self.prompts != segment.prompts or (self.steps != segment.steps and segment.stopped)
        grew = any(prompt) and any(segment.prompt) and prompt != segment.prompt
        return between and grew and at > segment.last_at


def _timed(name: str, prompt: Prompt, at: int) -> str:
    return f"{name}{'' if name.endswith('|') else '|'}{sum(prompt):x}@{at:x}"
