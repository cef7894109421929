"""
The ledger. `whole` is the one that writes, through SQLAlchemy; `glance` only reads, at once.

What is named here is loaded when it is first asked for, so that a command that only glances does
not pay for the other.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upscaled.edge.ledger.rows import Event
    from upscaled.edge.ledger.schema import SCHEMA_VERSION
    from upscaled.edge.ledger.whole import Ledger, Order

__all__ = ["SCHEMA_VERSION", "Event", "Ledger", "Order"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from upscaled.edge.ledger import whole  # noqa: PLC0415 - 0.3 s of CPU, only where it is used

    return getattr(whole, name)
