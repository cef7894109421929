"""A plan as `upscaled plan --json` prints it; money in dollars, nothing decided."""

from dataclasses import asdict
from typing import Any

from upscaled.core.price import usd
from upscaled.nouns import Order, Pass, Plan


def plan_json(path: str, plan: Plan, order: Order) -> dict[str, Any]:
    """Return a plan as `upscaled plan --json` prints it; money in dollars."""
    return {
        "path": path,
        "model": plan.model.value,
        "target": {
            "name": order.name,
            "width": plan.target_width,
            "height": plan.target_height,
        },
        "passes": [_pass_json(one) for one in plan.passes],
        "cost_usd": usd(plan.cost),
        "width": plan.width,
        "height": plan.height,
        "format": plan.format.value,
        "shortfall": plan.shortfall,
        "ppi": plan.ppi,
        "safe_factor": plan.safe_factor,
        "review": plan.review,
        "notes": list(plan.notes),
        "fal_cost_usd": usd(plan.fal_cost),
        "print": asdict(plan.printed) if plan.printed else None,
    }


def refused_json(path: str, code: str, message: str, hint: str) -> dict[str, Any]:
    """Return what `plan --json` prints for a file that would fail."""
    error = {"code": code, "message": message, "hint": hint}
    return {"path": path, "error": error, "cost_usd": 0.0}


def _pass_json(one: Pass) -> dict[str, Any]:
    shrunk = {"prepared": list(one.prepared)} if one.prepared else {}
    return shrunk | {
        "endpoint": one.endpoint,
        "model": one.model,
        "factor": one.factor,
        "width": one.width,
        "height": one.height,
        "params": dict(one.params),
        "cost_usd": usd(one.cost),
    }
