"""Advice about what stands there and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tokometer.judgement.advice.evidence import Evidence
from tokometer.judgement.advice.rule import piece, rule
from tokometer.judgement.compute import UTILISATION
from tokometer.judgement.declared import Row
from tokometer.records.units import BYTES, PERCENT, show

#: What has done nothing for less than this may still be wanted.
LEAST_WINDOW: Final = timedelta(days=7)
IDLE: Final = 0.02
LEAST_READINGS: Final = 100
_NAMED: Final = 3


@rule(
    "idle_models",
    "Models on the disk that nobody uses",
    assumption="Nobody calls them past the sources that are read here.",
    how="Remove them (ollama rm NAME; they can be fetched again), or unload them.",
)
def idle_models(known: Evidence) -> Iterator[Row]:
    """Models on a machine that no call has used in the window."""
    if known.installed is None or known.window < LEAST_WINDOW or not known.rows:
        return
    used = {row["model"] for row in known.rows}
    idle = [row for row in known.installed if row["model"] not in used]
    if not idle:
        return
    idle.sort(key=lambda row: (-(row["size"] or 0), row["model"]))
    names = ", ".join(row["model"] for row in idle[:_NAMED]) + (" and others" if len(idle) > _NAMED else "")
    size = sum(row["size"] or 0 for row in idle)
    many = f"{len(idle)} local models" if len(idle) > 1 else "a local model"
    yield piece(
        f"Remove {many} that nobody uses",
        None,
        f"{names}: {show(size, BYTES)} of disk." if size else f"{names}.",
        f"No call has used {'them' if len(idle) > 1 else 'it'} in {round(known.window / timedelta(days=1))} days.",
    )


@rule(
    "idle_gpus",
    "GPUs that do nothing",
    assumption="Nothing but what is read here uses them.",
    how="Move work to them that is paid for elsewhere, or switch them off.",
)
def idle_gpus(known: Evidence) -> Iterator[Row]:
    """GPUs that were busy for less than one part in fifty of the window."""
    if known.window < LEAST_WINDOW:
        return
    for row in known.devices:
        busy = None if row["mean"] is None else float(row["mean"]) / UTILISATION[row["metric"]]
        if busy is not None and busy < IDLE and row["readings"] >= LEAST_READINGS:
            yield piece(
                f"Use or switch off GPU {row['device']} of {row['host']}",
                None,
                f"It was {show(busy, PERCENT)} busy on average.",
                f"{row['readings']:,} readings in {round(known.window / timedelta(days=1))} days. "
                "What it costs, Hardware tells.",
                # Devices are told apart by what stands for the model.
                model=f"{row['host']}/{row['device']}",
            )
