"""A plan in a sentence, as the job's history and the report tell it."""

from upscaled.nouns import Plan


def plan_sentence(plan: Plan) -> str:
    """Return the plan as one sentence of the job's history."""
    if not plan.passes:
        return f"{plan.model.value}: large enough, no model needed; {plan.width} x {plan.height}"
    by = ", then ".join(f"{one.model} {one.factor:g}x" for one in plan.passes)
    return f"{plan.model.value}: {by}; {plan.width} x {plan.height} {plan.format.value}"
