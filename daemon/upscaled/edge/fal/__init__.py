"""
The door to fal.ai: its queue, its storage and its list of past requests.

It fits `flow/ports.Engine` and knows fal's wire, nothing of jobs, budgets or retries: every call is
one try, and the kind of error it raises says what may be done next. The paid request leaves here
exactly once a call; fal has no idempotency key and its own client repeats it.
"""

from upscaled.edge.fal.engine import Fal
from upscaled.edge.fal.options import FalOptions

__all__ = ["Fal", "FalOptions"]
