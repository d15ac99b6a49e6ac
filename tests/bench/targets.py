"""Figures against their targets: [name in the summary, what it is, at least or at most, bound]."""


def _meets(value, relation, bound):
    return value >= bound if relation == ">=" else value <= bound


def met(targets, summary):
    """Whether all are."""
    return all(_meets(summary[name], relation, bound) for name, _, relation, bound in targets)


def show(targets, summary):
    """Prints each, and whether it is met."""
    for name, what, relation, bound in targets:
        verdict = "met" if _meets(summary[name], relation, bound) else "MISSED"
        print(f"{what}: {summary[name]:.3f}, target {relation} {bound:g}: {verdict}")
