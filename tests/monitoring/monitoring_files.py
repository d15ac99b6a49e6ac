"""The alert rules, the dashboard and the runbook, as the tests look at them; and Prometheus's programs."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
RULE_TESTS = ("rules_test.yml", "rules_long_test.yml")


def program(name):
    """promtool or prometheus: in the folder that LOOKBOOK_PROMETHEUS names, where scripts/setup unpacks them, or on PATH;
    None when it is in neither."""
    folder = os.environ.get("LOOKBOOK_PROMETHEUS", "")
    return shutil.which(name, path=folder) or shutil.which(name)


def promtool(*arguments, stdin=None):
    """Runs it; a failure is an error that shows what it said."""
    done = subprocess.run([program("promtool"), *map(str, arguments)], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"promtool {' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def rules():
    """All rules, in order."""
    content = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())
    return [rule for group in content["groups"] for rule in group["rules"]]


def alerts():
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded():
    return {rule["record"] for rule in rules() if "record" in rule}


def rule_tests():
    """{alert: [expected alerts of each check]}."""
    checks = {}
    for name in RULE_TESTS:
        for test in yaml.safe_load((PROMETHEUS / name).read_text())["tests"]:
            for check in test["alert_rule_test"]:
                checks.setdefault(check["alertname"], []).append(check["exp_alerts"])
    return checks


def dashboard():
    return json.loads((ROOT / "deploy/grafana/lookbook.json").read_text())


def dashboard_queries():
    """[(panel, query)], those of annotations included."""
    board = dashboard()
    queries = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
    return queries + [(note["name"], note["expr"]) for note in board["annotations"]["list"]]


def without_variables(query):
    """A dashboard's query as Prometheus gets it."""
    return re.sub(r'"\$\w+"', '".*"', query.replace("$__rate_interval", "5m"))


def runbook():
    """{alert: text} of docs/runbook.md's entries."""
    parts = re.split(r"^## (Lookbook\w+)\n", (ROOT / "docs/runbook.md").read_text(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))
