"""What Prometheus is told and asked: the list of exported series, a scrape's text, and the selectors in a query."""
import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET_LABELS = {"job", "instance"}  # Given by Prometheus to everything that it scrapes.
HISTOGRAM_SUFFIXES = ("_bucket", "_sum", "_count")


@dataclasses.dataclass(frozen=True)
class Family:
    """A metric as tests/server/metrics/exported.txt lists it."""
    name: str
    type: str
    labels: frozenset


@dataclasses.dataclass(frozen=True)
class Selector:
    """A metric in a query, with its matchers: (label, operator, value)."""
    name: str
    matchers: tuple


@dataclasses.dataclass(frozen=True)
class Sample:
    name: str
    labels: tuple  # Pairs.


def exported():
    """{name: Family} of the committed list."""
    families = {}
    for line in (ROOT / "tests/server/metrics/exported.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        name, kind, *labels = line.split()
        families[name] = Family(name, kind, frozenset(labels[0].split(",") if labels else ()))
    return families


def parse_scrape(text):
    """The samples of Prometheus's text format."""
    samples = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ", line).groups()
            samples.append(Sample(name, tuple(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or ""))))
    return samples


NAME = re.compile(r'(?<![\w:$."])((?:lookbook|process|exposer|job:lookbook)_[\w:]*|up|ALERTS)(?![\w:(])\s*(?:\{([^}]*)\})?')
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


def _without_strings(text):
    """Label values blanked: what stands in quotes is no metric."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda quoted: '"' + "\0" * (len(quoted[0]) - 2) + '"', text)


def selectors(query):
    """The metrics that a query names, with their matchers."""
    found = []
    for match in NAME.finditer(_without_strings(query)):
        braces = query[slice(*match.span(2))] if match[2] is not None else ""
        found.append(Selector(match[1], tuple(MATCHER.findall(braces))))
    return found


def grouping_labels(query):
    """Labels in `by (…)`, `without (…)`, `on (…)` and `ignoring (…)`."""
    lists = re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", _without_strings(query))
    return {label.strip() for text in lists for label in text.split(",") if label.strip()}


def family_of(name, families):
    """The family that a sample of this name belongs to; None when it is not exported."""
    if name in families and families[name].type != "histogram":
        return families[name]
    for suffix in HISTOGRAM_SUFFIXES:
        family = families.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if family and family.type == "histogram":
            return family
    return None


def problems(query, families, recorded=frozenset()):
    """What in `query` names a series, a label or a use that the server's metrics do not have; empty when all is well.

    `recorded`: names that recording rules make. Labels of those are not looked at, beside the targets' own.
    """
    found = []
    known_labels = TARGET_LABELS | {"le"} | {label for family in families.values() for label in family.labels}
    used = selectors(query)
    if not used:
        found.append("names no series")
    for selector in used:
        if selector.name in recorded or selector.name in ("up", "ALERTS"):
            continue
        family = family_of(selector.name, families)
        if family is None:
            found.append(f"{selector.name} is not exported")
            continue
        allowed = family.labels | TARGET_LABELS | ({"le"} if selector.name.endswith("_bucket") else set())
        found += [f"{selector.name} has no label {label}" for label, _, _ in selector.matchers if label not in allowed]
        rated = re.search(rf"\b(?:rate|increase|changes|resets)\(\s*{re.escape(selector.name)}(?![\w:])", query)
        if family.type in ("counter", "histogram") and not rated:
            found.append(f"{selector.name} rises for ever: use rate() or increase()")
        if family.type == "gauge" and re.search(rf"\b(?:rate|increase)\(\s*{re.escape(selector.name)}(?![\w:])", query):
            found.append(f"{selector.name} is a gauge: rate() and increase() are for counters")
    found += [f"no series has the label {label}" for label in sorted(grouping_labels(query) - known_labels)]
    return found


def matches(selector, sample, ignored=TARGET_LABELS):
    """Whether a sample fits. Matchers of `ignored` labels, and of Grafana's variables, always fit."""
    if sample.name != selector.name:
        return False
    labels = dict(sample.labels)
    for label, operator, value in selector.matchers:
        if label in ignored or "$" in value:
            continue
        have = labels.get(label, "")
        equal = re.fullmatch(value, have) is not None if "~" in operator else have == value
        if equal != (operator in ("=", "=~")):
            return False
    return True


def alternatives(selector):
    """The selector once for each alternative of its =~ matchers, so that a misspelt one is seen."""
    variants = [()]
    for label, operator, value in selector.matchers:
        plain = operator == "=~" and re.fullmatch(r"[\w|]+", value)
        options = [(label, "=", part) for part in value.split("|")] if plain else [(label, operator, value)]
        variants = [variant + (option,) for variant in variants for option in options]
    return [Selector(selector.name, variant) for variant in variants]
