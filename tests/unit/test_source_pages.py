"""What the pages of sources say to copy can be copied."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tokometer.host.toml import parse
from tokometer.settings.file import settings_of
from tokometer.sources.protocol import Sent
from tokometer.sources.registry import SOURCES

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs/how-to/sources").glob("*.md"))
_TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SENT = re.compile(r"127\.0\.0\.1:7420(/\S+)[^\n]*?-d '(\{.*?\})'", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings(page: Path) -> None:
    """Every piece of settings can stand in `tokometer.toml`, and names a source that is asked."""
    for piece in _TOML.findall(page.read_text(encoding="utf-8")):
        settings = settings_of(Path("tokometer.toml"), parse(piece))
        for target in settings.targets:
            assert SOURCES[target.source].polled is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_bodies(page: Path) -> None:
    """Every body that is posted by hand is taken where it is posted to."""
    for path, body in _SENT.findall(page.read_text(encoding="utf-8")):
        push = next(one for source in SOURCES.values() for one in source.pushed if one.path == path)
        received = push.read(json.dumps(json.loads(body)).encode(), Sent("application/json"))
        assert received.records
        assert not received.refusals
        assert not received.notices
