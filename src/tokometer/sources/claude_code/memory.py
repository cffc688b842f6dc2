"""What is remembered of a transcript between two readings of it."""

from __future__ import annotations

import msgspec

from tokometer.sources.claude_code.identity import Turns
from tokometer.sources.claude_code.tools import Use
from tokometer.sources.remembered import decoded, encoded

#: Answers whose further lines may still come, and uses of tools whose outcome may.
MOST_ANSWERS = 16
MOST_USES = 256
#: Lines of answers that neither a request nor their message's id names, of which copies may still come.
MOST_LINES = 64


class Answer(msgspec.Struct, array_like=True, gc=False):
    """What the first line of an answer settled for all its lines."""

    #: When the line was written that the model was asked with; 0 where unknown.
    asked_at: int
    user_messages: int
    attempt: int


class Memory(msgspec.Struct, array_like=True):
    """The state of one transcript."""

    #: The first time that stands in the file.
    first_at: int = 0
    #: The newest question in the session itself, and in a sidechain among its lines.
    asked_at: int = 0
    asked_in_sidechain_at: int = 0
    #: What people wrote since the last answer; the last of it can turn out to have been a local command.
    user_messages: int = 0
    last_was_command: bool = False
    #: How often the running request was tried in vain.
    failures: int = 0
    #: The last model that answered, to which a failed request is put down.
    model: str = ""
    answers: dict[str, Answer] = {}
    uses: dict[str, Use] = {}
    #: What tells answers without a request id apart, in the session itself and in sidechains among its lines.
    turns: Turns = msgspec.field(default_factory=Turns)
    turns_in_sidechain: Turns = msgspec.field(default_factory=Turns)
    #: Skills that were asked for, by the use of the tool, until their text comes.
    skills: dict[str, str] = {}

    def keep_newest(self) -> None:
        """Forget the oldest answers and uses beyond what may still matter."""
        if len(self.answers) > MOST_ANSWERS:
            self.answers = dict(list(self.answers.items())[-MOST_ANSWERS:])
        if len(self.uses) > MOST_USES:
            self.uses = dict(list(self.uses.items())[-MOST_USES:])
        if len(self.skills) > MOST_ANSWERS:
            self.skills = dict(list(self.skills.items())[-MOST_ANSWERS:])
        for turns in (self.turns, self.turns_in_sidechain):
            turns.keep_newest(MOST_ANSWERS, MOST_LINES)


def recall(state: bytes) -> Memory:
    """What was remembered; nothing where the file is new or the state is another version's."""
    return decoded(state, Memory)


def remember(memory: Memory) -> bytes:
    """The memory as bytes."""
    memory.keep_newest()
    return encoded(memory)
