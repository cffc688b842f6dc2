"""The pass-through proxy: bytes go both ways untouched, and a copy of them tells what was used.

`framing` finds where messages begin and end, `passing` moves the bytes, `exchange` keeps the copy, `reading` makes an
item for the source `proxy` of it in a thread of its own, `keeping` sends items to a server or puts them into a ledger.
Nothing of a prompt or an answer goes beyond `reading`.
"""
