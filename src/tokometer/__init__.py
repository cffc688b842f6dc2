"""Tokometer: the meter for everything that models do.

The packages follow the way of the data, one verb each (see docs/discussions/architecture.md)::

    sources -> records -> ledger -> measures -> dashboards -> pages, API, CLI
                prices ------'          '-> judgement
"""

__version__ = "0.1.0"
