"""The alert rules with all their times shortened, so that a drill of an hour takes a minute."""
import re

UNITS = {"ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = r"\d+(?:ms|s|m|h|d)"


def seconds(duration):
    """Of a Prometheus duration with one unit: "5m" is 300."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h|d)", duration).groups()
    return int(number) * UNITS[unit]


def _shorter(duration, factor):
    return f"{max(1, round(1000 * seconds(duration) / factor))}ms"


def shorten(text, factor):
    """The rules file `text` with every range ([5m]) and every `for` divided by `factor`; names and thresholds stay."""
    text = re.sub(rf"\[({DURATION})\]", lambda m: f"[{_shorter(m[1], factor)}]", text)
    return re.sub(rf"^(\s+for: )({DURATION})$", lambda m: m[1] + _shorter(m[2], factor), text, flags=re.M)


def windows(rule):
    """(longest `for`, shortest range) in seconds that decide when an alert fires and ends. The ranges of the series that its
    expression records stand in their names."""
    ranges = re.findall(rf"\[({DURATION})\]", rule["expr"]) + re.findall(rf":\w+_rate({DURATION})\b", rule["expr"])
    return seconds(rule.get("for", "0s")), min(map(seconds, ranges), default=0)
