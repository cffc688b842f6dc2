"""What is read of a repository: commits with their branches, and the changes that merges tell of."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tokometer.collect.repository import RepositoryError, read_repository
from tokometer.records import Change
from tokometer.records.wire import record_from


class Repository:
    """A repository that is made for a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._time = 1_772_442_000
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> None:
        """Run git, an hour later than before."""
        self._time += 3_600
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in WHO.items()}
        dates = {f"GIT_{role}_DATE": f"{self._time} +0000" for role in ("AUTHOR", "COMMITTER")}
        env = {**os.environ, **who, **dates, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", *arguments], cwd=self.folder, env=env, check=True, capture_output=True)

    def commit(self, message: str, text: str) -> None:
        """Write a file and commit it."""
        (self.folder / "secret-name.txt").write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", message)


WHO = {"NAME": "Ada", "EMAIL": "ada@example.com"}


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    """One commit on main, a branch with two, merged as GitHub does it, and one that was squashed."""
    repository = Repository(tmp_path / "shop")
    repository.commit("Begin", "one\n")
    repository.git("checkout", "-q", "-b", "feature/PAY-7-later")
    repository.commit("Pay later\n\nClaude-Session: s-1\nCo-authored-by: Claude <noreply@anthropic.com>", "one\ntwo\n")
    repository.commit("Tests\n\nFixes #31", "one\nthree\n")
    repository.git("checkout", "-q", "main")
    merge = "Merge pull request #12 from acme/feature/PAY-7-later\n\nPay later"
    repository.git("merge", "-q", "--no-ff", "feature/PAY-7-later", "-m", merge)
    repository.commit("Round half up (#13)", "four\n")
    repository.git("remote", "add", "origin", "git@github.com:acme/web-shop.git")
    return repository


def test_merges_are_changes_and_their_commits_know_it(made: Repository) -> None:
    """With branch, number, lines and trailers; the names of GitHub's own records, so that a hook tells of the same."""
    found = read_repository(made.folder, since="2026-01-01")
    assert found.repository == "acme/web-shop"
    by_title = {one["title"]: one for one in found.commits}
    pay = by_title["Pay later"]
    assert (pay["branch"], pay["number"], pay["session_id"], pay["agent"]) == (
        *("feature/PAY-7-later", "12"),
        *("s-1", "claude-code"),
    )
    assert (pay["lines_added"], pay.get("lines_removed", 0), pay["files_changed"], pay["author"]) == (1, 0, 1, "Ada")
    assert by_title["Tests"]["refs"] == "31"
    assert "number" not in by_title["Begin"]
    changes: list[Any] = [record_from("changes", one) for one in found.changes]
    assert all(isinstance(one, Change) for one in changes)
    assert {(one.source, one.native_id, one.branch, one.title, one.state) for one in changes} == {
        ("github", "acme/web-shop#12", "feature/PAY-7-later", "Pay later", "merged"),
        ("github", "acme/web-shop#13", "", "Round half up (#13)", "merged"),
    }


def test_nothing_of_what_was_changed_is_kept(made: Repository) -> None:
    """Neither names of files nor addresses, and without authors no names."""
    found = read_repository(made.folder, since="2026-01-01", authors=False)
    assert not any(word in str(found) for word in ("secret-name", "ada@example.com", "Ada", "three"))


def test_nothing_of_the_repository_is_run(made: Repository) -> None:
    """Hooks, file monitors, pagers and external diffs that it names stay what they are."""
    ran = made.folder / "ran"
    program = made.folder / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "diff.external", "gpg.program", "core.sshCommand"):
        made.git("config", name, str(program))
    made.git("config", "log.showSignature", "true")
    ran.unlink(missing_ok=True)
    read_repository(made.folder, since="2026-01-01")
    assert not ran.exists()


def test_a_folder_without_a_repository_says_so(tmp_path: Path) -> None:
    """In git's own words."""
    with pytest.raises(RepositoryError, match="not a git repository"):
        read_repository(tmp_path, since="2026-01-01")
