"""LiteLLM: what its proxy and its SDK tell of each call, as they happen or afterwards.

`callback` takes the payloads of its generic API callback, `exports` and `polling` read the rows of its spend logs, from
a file or from its API. All become records in `payload` under the same ids, so that a call which is told by two of them
counts once. May import `records` and other sources' machinery only.
"""
