"""`tokometer grafana export` writes what Grafana reads."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tokometer.cli.app import run
from tokometer.dashboards import DASHBOARDS


def test_export_writes_all_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Dashboards, data sources and the guide are there for everybody to read, with thresholds of the settings."""
    data, out = tmp_path / "data", tmp_path / "out" / "grafana"
    data.mkdir()
    data.joinpath("tokometer.toml").write_text("[health]\nhealthy = 95\nwarning = 60\n")
    assert run(["grafana", "export", str(out), "--url", "http://here:7420/", "--data", str(data)]) == 0
    assert f"{len(DASHBOARDS)} dashboards" in capsys.readouterr().out
    board = json.loads((out / "dashboards" / "Tokometer" / "overview.json").read_text())
    steps = board["panels"][0]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["value"] for step in steps] == [None, 60, 95]
    assert "http://here:7420" in {one["query"] for one in board["templating"]["list"] if one["name"] == "tokometer"}
    for path in (out, *out.rglob("*")):
        assert path.stat().st_mode & stat.S_IROTH, path
    # What is there is written over; nothing else is touched.
    out.joinpath("mine.txt").write_text("mine")
    assert run(["grafana", "export", str(out), "--data", str(data)]) == 0
    assert out.joinpath("mine.txt").read_text() == "mine"


@pytest.mark.parametrize("url", ["here:7420", "ftp://here", ""])
def test_an_address_that_is_none(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong address is said, and nothing is written."""
    assert run(["grafana", "export", str(tmp_path / "out"), "--url", url, "--data", str(tmp_path)]) != 0
    assert "--url" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
