"""Hooks over HTTP: signed, kept once, the newest telling right; and secrets that nobody can read."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from generators.sources import github, gitlab
from tokometer.cli.hooks import hook_secret
from tokometer.host.secrets import SecretLost
from tokometer.settings import SettingsError
from tokometer.settings.hooks import HookSecrets
from tokometer.sources.github.hook import GithubHook
from tokometer.sources.gitlab.hook import GitlabHook

#: Made of parts, so that it looks like nobody's.
SECRET = "a made-up secret".replace(" ", "-")


def test_what_is_not_signed_is_told_apart() -> None:
    """GitHub's signature is of the very bytes, GitLab's is the token itself."""
    body = json.dumps(github.MERGED).encode()
    right = "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()
    hook = GithubHook()
    assert hook.signed(body, {"x-hub-signature-256": right}, SECRET)
    assert not hook.signed(body + b" ", {"x-hub-signature-256": right}, SECRET)
    assert not hook.signed(body, {"x-hub-signature-256": "sha256=é"}, SECRET)
    assert not hook.signed(body, {}, SECRET)
    assert GitlabHook().signed(b"", {"x-gitlab-token": SECRET}, SECRET)
    assert not GitlabHook().signed(b"", {"x-gitlab-token": SECRET[:-1]}, SECRET)


def test_secrets_stand_encrypted(tmp_path: Path) -> None:
    """The environment goes before the file; another key opens nothing, and a file that cannot be read is not none."""
    kept = HookSecrets(tmp_path, {})
    assert kept.of("github") == ""
    kept.put("github", SECRET)
    assert kept.of("github") == SECRET
    assert SECRET not in (tmp_path / "hooks.json").read_text()
    assert HookSecrets(tmp_path, {"TOKOMETER_HOOK_GITHUB": "other"}).of("github") == "other"
    with pytest.raises(SettingsError, match="12 to"):
        kept.put("github", "short")
    (tmp_path / "secrets.key").unlink()
    with pytest.raises(SecretLost):
        kept.of("github")
    (tmp_path / "hooks.json").write_text("no JSON")
    with pytest.raises(SettingsError):
        kept.of("gitlab")


def test_the_command_reads_it_from_standard_input(tmp_path: Path) -> None:
    """And takes it away again."""
    done = CliRunner().invoke(hook_secret, ["gitlab", "--data", str(tmp_path)], input=f"{SECRET}\n")
    assert (done.exit_code, HookSecrets(tmp_path, {}).of("gitlab")) == (0, SECRET)
    assert SECRET not in done.output
    done = CliRunner().invoke(hook_secret, ["gitlab", "--data", str(tmp_path), "--clear"])
    assert (done.exit_code, HookSecrets(tmp_path, {}).of("gitlab")) == (0, "")


@pytest.mark.parametrize(("given", "merged_at"), [(gitlab.MERGED, 1_772_532_000), (gitlab.MERGED_LATER, 1_772_704_800)])
def test_gitlab_says_when_it_was_merged_in_two_ways(given: dict[str, object], merged_at: int) -> None:
    """By itself, or by the time of the event that tells of it."""
    from tokometer.sources.protocol import Sent

    [record] = GitlabHook().read(gitlab.body(given)[0], Sent("application/json")).records
    assert getattr(record, "merged_at", None) == merged_at * 1_000_000
