"""
The window: a local page to watch, compare and decide, and the same verbs as JSON.

A door like the others: it knows HTTP and nothing of ledger, disk or pixels. What it shows and what
it asks for goes through `ports.Answers`, which the front door fills in. It serves from a process of
its own, so that no page can slow or stop the conductor.
"""
