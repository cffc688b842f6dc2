"""How long the PDF of every dashboard takes: a running server, asked twice; the second time its press is warm.

.venv/bin/python benchmarks/reports.py http://127.0.0.1:7420
"""

from __future__ import annotations

import sys
import time
from urllib.request import urlopen

from tokometer.dashboards import DASHBOARDS


def main(url: str) -> None:
    for name in DASHBOARDS:
        took = []
        size = 0
        for _ in range(2):
            began = time.perf_counter()
            with urlopen(f"{url}/api/dashboards/{name}.pdf?range=30d") as answer:
                size = len(answer.read())
            took.append(time.perf_counter() - began)
        print(f"{name:20} {took[0]:6.2f} s, again {took[1]:6.2f} s, {size / 1000:6.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
