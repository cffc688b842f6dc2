"""What `nvidia-smi` prints of two GPUs, served by another machine: with units and without, and of a lesser one."""

from __future__ import annotations

from tokometer.conformance import Answers
from tokometer.sources.protocol import Fetched, Target

BEGIN = 1_795_773_605_000_000
COLUMNS = (
    ("index", ""), ("name", ""), ("utilization.gpu", "%"), ("utilization.memory", "%"), ("memory.used", "MiB"),
    ("memory.free", "MiB"), ("memory.total", "MiB"), ("temperature.gpu", ""), ("temperature.memory", ""),
    ("power.draw", "W"), ("power.limit", "W"), ("clocks.sm", "MHz"), ("clocks.mem", "MHz"),
)  # fmt: skip
H100 = ("0", "NVIDIA H100 80GB HBM3", 97, 61, 71234, 9870, 81559, 61, 70, 612.41, 700.00, 1980, 2619)
#: A small card has no temperature of its memory, and does not say what it draws.
SMALL = ("1", "NVIDIA T400, 4GB", 3, 0, 812, 3000, 4096, 44, "N/A", "[Not Supported]", "[N/A]", 420, 405)


def printed(*gpus: tuple[object, ...], units: bool) -> bytes:
    """Its output."""
    lines = [", ".join(f"{name} [{unit}]" if unit else name for name, unit in COLUMNS)]
    for gpu in gpus:
        cells = []
        for value, (_, unit) in zip(gpu, COLUMNS, strict=True):
            cell = f"{value} {unit}" if units and unit and isinstance(value, int | float) else str(value)
            cells.append(f'"{cell}"' if "," in cell else cell)
        lines.append(", ".join(cells))
    return ("\n".join(lines) + "\n").encode()


TARGET = Target("gpu-02", "http://gpu-02:8123/gpus.csv", 15.0)
EXAMPLES = [
    Answers(
        name="with units",
        target=TARGET,
        polls=[
            {"": Fetched(200, printed(H100, units=True), "text/csv")},
            {"": Fetched(200, printed(H100, units=True), "text/csv")},
        ],
        # Eleven readings each time.
        totals={"samples": 22},
        clocks=(BEGIN, BEGIN + 15_000_000),
    ),
    Answers(
        name="without units",
        target=TARGET,
        polls=[{"": Fetched(200, printed(H100, SMALL, units=False), "text/plain")}],
        totals={"samples": 11 + 8},
        clocks=(BEGIN,),
    ),
]
