"""Tests of tokometer.charts.shop: the real compiler, once."""

from __future__ import annotations

import json
import subprocess
import sys

from servers.whole import CACHE
from tokometer.charts import THEMES, ChartShop
from tokometer.charts.specs import SPECS

_SHOP = ChartShop(CACHE / "tokometer")


def test_charts() -> None:
    """Every shape is compiled to Vega, expects its data by name, and holds neither data nor a background."""
    kit = json.loads(_SHOP.charts())
    assert set(kit["themes"]) == set(THEMES)
    assert set(kit["specs"]) == set(SPECS)
    for spec in kit["specs"].values():
        assert spec["$schema"].endswith("vega/v6.json")
        assert spec["background"] == "transparent"
        assert "points" in [data["name"] for data in spec["data"]]
        assert not any(data.get("values") for data in spec["data"])


def test_bundle() -> None:
    """The script brings Vega with its interpreter, and no Vega-Lite."""
    script = _SHOP.bundle().decode()
    assert "tokometerVega" in script
    assert "vegaEmbed" not in script
    assert 100_000 < len(script) < 700_000


def test_kept() -> None:
    """A second start reads what the first made and loads neither Altair nor the compiler."""
    _SHOP.warm()
    code = (
        "import sys; from pathlib import Path; from tokometer.charts import ChartShop; "
        "ChartShop(Path(sys.argv[1])).warm(); print(any(m.startswith(('altair', 'vl_convert')) for m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(CACHE / "tokometer")], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
