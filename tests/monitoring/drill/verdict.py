"""What a drill must show: which alerts fire under which fault, how soon, and that they end."""
import dataclasses

import short_rules

# Beside an alert's own times: scrapes, evaluations, and a fault that takes a moment to bite.
SLACK = 15.0


@dataclasses.dataclass
class Fault:
    """A fault from `begin` to `end`, in seconds; `must` fire, `may` fire as well."""
    name: str
    must: tuple
    may: tuple = ()
    begin: float = 0.0
    end: float = 0.0


@dataclasses.dataclass
class Line:
    """An alert of a fault: seconds from the fault's begin until it fired, from its end until it had ended, and the bounds."""
    fault: str
    alert: str
    fired: float | None
    fires_within: float
    ends_within: float
    ended: float | None

    @property
    def good(self):
        return None not in (self.fired, self.ended) and self.fired <= self.fires_within and self.ended <= self.ends_within


def bounds(rule, factor):
    """(fires within, ends within) of a fault's begin and end, in seconds of the drill."""
    holds, window = short_rules.windows(rule)
    return (holds + window) / factor + SLACK, window / factor + SLACK


def lines(faults, spans, rules, factor):
    """One line for each alert that a fault must raise: by what fired from its begin to that of the next one. `spans`:
    {alert: [(fired, ended)]}, ended None while it fires."""
    found = []
    for fault, until in zip(faults, [later.begin for later in faults[1:]] + [float("inf")]):
        for alert in fault.must:
            of_fault = [span for span in spans.get(alert, ()) if fault.begin <= span[0] < until]
            ends = [end for _, end in of_fault]
            fired = of_fault[0][0] - fault.begin if of_fault else None
            ended = max(0.0, max(ends) - fault.end) if ends and None not in ends else None
            found.append(Line(fault.name, alert, fired, *bounds(rules[alert], factor), ended))
    return found


def unexpected(faults, spans):
    """[(alert, fired)] of alerts that no fault before them explains."""
    return sorted(((alert, fired) for alert, of_alert in spans.items() for fired, _ in of_alert
                   if not any(fired >= f.begin and alert in f.must + f.may for f in faults)), key=lambda pair: pair[1])


def table(found):
    rows = [("fault", "alert", "fired after", "within", "ended after", "within", "")]
    for line in found:
        show = ["-" if x is None else f"{x:.1f} s" for x in (line.fired, line.fires_within, line.ended, line.ends_within)]
        rows.append((line.fault, line.alert, *show, "" if line.good else "MISSED"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
