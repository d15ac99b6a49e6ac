"""The alert rules: promtool takes and tests them, they name what the server exports, and the runbook knows them all."""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "support")]
import exposition  # noqa: E402
import monitoring_files as files  # noqa: E402
import skips  # noqa: E402


@unittest.skipUnless(files.program("promtool"), "there is no promtool; scripts/setup brings it")
class PromtoolTest(unittest.TestCase):
    def test_the_rules_are_well_formed(self):
        output = files.promtool("check", "rules", "--lint-fatal", files.PROMETHEUS / "rules.yml")
        self.assertIn(f"SUCCESS: {len(files.rules())} rules found", output)

    def test_the_scrape_configuration_finds_them(self):
        output = files.promtool("check", "config", files.PROMETHEUS / "prometheus.yml")
        self.assertIn("rules.yml", output)

    def test_alerts_fire_and_are_silent_as_they_should(self):
        files.promtool("test", "rules", *(files.PROMETHEUS / name for name in files.RULE_TESTS))


class RulesTest(unittest.TestCase):
    def test_every_alert_is_seen_to_fire_and_to_be_silent(self):
        checks = files.rule_tests()
        self.assertEqual(set(checks), set(files.alerts()))
        for alert, expected in checks.items():
            with self.subTest(alert=alert):
                self.assertTrue(any(expected), "no test in which it fires")
                self.assertTrue(any(not e for e in expected), "no test in which it is silent")

    def test_they_name_series_and_labels_that_the_server_exports(self):
        families, recorded = exposition.exported(), files.recorded()
        for rule in files.rules():
            with self.subTest(rule=rule.get("alert", rule.get("record"))):
                self.assertEqual(exposition.problems(rule["expr"], families, recorded), [])

    def test_every_recorded_series_is_used(self):
        queries = [rule["expr"] for rule in files.alerts().values()] + [query for _, query in files.dashboard_queries()]
        used = {selector.name for query in queries for selector in exposition.selectors(query)}
        self.assertEqual(files.recorded() - used, set())

    def test_each_says_what_happens_and_where_to_read_on(self):
        for name, rule in files.alerts().items():
            with self.subTest(alert=name):
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
                self.assertTrue(rule["annotations"]["summary"])
                self.assertTrue(rule["annotations"]["description"])
                self.assertEqual(rule["annotations"]["runbook"], f"docs/runbook.md#{name.lower()}")

    def test_only_symptoms_wake_people(self):
        pages = {name for name, rule in files.alerts().items() if rule["labels"]["severity"] == "page"}
        self.assertEqual(pages, {"LookbookErrorBudgetFastBurn", "LookbookErrorBudgetSlowBurn", "LookbookLatencyBudgetFastBurn",
                                 "LookbookLatencyBudgetSlowBurn", "LookbookNoServer"})


class RunbookTest(unittest.TestCase):
    def test_every_alert_has_an_entry_and_every_entry_an_alert(self):
        self.assertEqual(list(files.runbook()), list(files.alerts()))

    def test_an_entry_has_all_its_parts(self):
        for alert, text in files.runbook().items():
            for part in ("**Means.**", "**Look first.**", "**Causes.**", "**Mend.**"):
                with self.subTest(alert=alert, part=part):
                    self.assertEqual(text.count(part), 1)

    def test_its_queries_name_series_that_the_server_exports(self):
        families, recorded = exposition.exported(), files.recorded()
        for alert, text in files.runbook().items():
            for selector in exposition.selectors(text):
                with self.subTest(alert=alert, series=selector.name):
                    if selector.name not in recorded | {"up", "ALERTS"}:
                        family = exposition.family_of(selector.name, families) or families.get(selector.name)
                        self.assertIsNotNone(family, "is not exported")


if __name__ == "__main__":
    skips.main()
