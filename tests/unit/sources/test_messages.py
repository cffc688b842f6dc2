"""Messages of commits and titles of changes: what stands there by a known form is read, and nothing else."""

from __future__ import annotations

from time import perf_counter

import pytest

from tokometer.sources.messages import said, ticket


def test_trailers_tell_session_agent_and_ticket() -> None:
    """Of an address the last part is the session; an agent goes by the name that its calls have."""
    found = said(
        "Pay later\n\nIt does.\n\nRefs: PAY-7\nClaude-Session: https://claude.ai/code/session_01Pay/\n"
        "Co-Authored-By: Claude <noreply@anthropic.com>\n"
    )
    assert found == ("Pay later", "", "", "PAY-7", "session_01Pay", "claude-code")


@pytest.mark.parametrize(
    ("message", "number", "branch"),
    [
        ("Merge pull request #12 from acme/fix/rounding\n\nRound half up", "12", "fix/rounding"),
        ("Round half up (#13)\n\n* first", "13", ""),
        ("Merge branch 'fix/x' into 'main'\n\nFix x\n\nSee merge request acme/shops/web!14", "14", "fix/x"),
        ("Merge remote-tracking branch 'origin/try'", "", "try"),
        ("Merge the lists (#a)", "", ""),
        ("", "", ""),
    ],
)
def test_merges_tell_their_change(message: str, number: str, branch: str) -> None:
    """As GitHub, GitLab and git itself word them."""
    found = said(message)
    assert (found.number, found.branch) == (number, branch)


@pytest.mark.parametrize(
    ("title", "body", "found"),
    [
        ("[ABC-12] Refunds", "Closes #3", "ABC-12"),
        ("ABC-12: refunds", "", "ABC-12"),
        ("Refunds", "text\nCloses #31 and fixes #32", "31"),
        ("Refunds", "Resolves acme/other#9", "acme/other#9"),
        ("Refunds", "Fixes https://acme.example/browse/XY-4", "XY-4"),
        ("Refunds", "see https://git.example/acme/shop/-/issues/77", "77"),
        ("Read UTF-8", "sha-256, costs #1", ""),
        ("", "", ""),
    ],
)
def test_tickets_are_what_a_word_points_at(title: str, body: str, found: str) -> None:
    """A title's own key goes first; what merely looks like one in a text is none."""
    assert ticket(title, body) == found


@pytest.mark.parametrize("text", ["fixes " * 9_000, "fix #" * 9_000, "a/" * 20_000, "session: " * 9_000, " " * 50_000])
def test_no_text_takes_long(text: str) -> None:
    """Whatever its length, a message is read in milliseconds."""
    begun = perf_counter()
    said(text)
    ticket(text, text)
    assert perf_counter() - begun < 1
