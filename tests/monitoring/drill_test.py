"""What scripts/alert_drill makes of the rules and of what it sees: times are shortened and nothing else, and alerts that are
late, missing or unexplained are said."""
import pathlib
import re
import sys
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent / "drill")]
import monitoring_files as files  # noqa: E402
import short_rules  # noqa: E402
import verdict  # noqa: E402
import yaml  # noqa: E402

RULES = {"A": {"expr": "job:x:ratio_rate1h > 1 and job:x:ratio_rate5m > 1", "for": "2m"}, "B": {"expr": "up == 0", "for": "5m"},
         "C": {"expr": "increase(x[15m]) > 0"}}


class ShortenTest(unittest.TestCase):
    def test_every_time_of_the_rules_is_divided_and_nothing_else_changes(self):
        text = (files.PROMETHEUS / "rules.yml").read_text()
        short = short_rules.shorten(text, 60)
        pattern = r"\[\w+\]|(?<=for: )\w+"
        self.assertEqual(re.sub(pattern, "", text), re.sub(pattern, "", short))
        before, after = re.findall(pattern, text), re.findall(pattern, short)
        self.assertGreater(len(before), 50)
        for long, little in zip(before, after):
            self.assertEqual(short_rules.seconds(little.strip("[]")) * 60, short_rules.seconds(long.strip("[]")))

    def test_rules_stay_rules(self):
        short = yaml.safe_load(short_rules.shorten((files.PROMETHEUS / "rules.yml").read_text(), 60))
        names = [rule.get("alert", rule.get("record")) for group in short["groups"] for rule in group["rules"]]
        self.assertEqual(names, [rule.get("alert", rule.get("record")) for rule in files.rules()])

    def test_times_of_an_alert_are_found_in_its_series_names_too(self):
        self.assertEqual(short_rules.windows(RULES["A"]), (120, 300))
        self.assertEqual(short_rules.windows(RULES["B"]), (300, 0))
        self.assertEqual(short_rules.windows(RULES["C"]), (0, 900))


class VerdictTest(unittest.TestCase):
    def lines(self, spans, must=("A",), end=130.0):
        return verdict.lines([verdict.Fault("f", must, begin=100.0, end=end)], spans, RULES, 60)

    def test_in_time_is_good(self):
        line, = self.lines({"A": [(10.0, 20.0), (110.0, 140.0)]})
        self.assertEqual((line.fired, line.ended), (10.0, 10.0))
        self.assertEqual((line.fires_within, line.ends_within), (7 + verdict.SLACK, 5 + verdict.SLACK))
        self.assertTrue(line.good)

    def test_an_alert_that_ends_before_its_fault_is_good(self):
        self.assertEqual(self.lines({"A": [(105.0, 110.0)]})[0].ended, 0)

    def test_what_fires_under_the_next_fault_is_that_ones(self):
        faults = [verdict.Fault("f", ("A",), (), 100.0, 130.0), verdict.Fault("g", ("A",), (), 200.0, 210.0)]
        first, second = verdict.lines(faults, {"A": [(105.0, 131.0), (203.0, 212.0)]}, RULES, 60)
        self.assertEqual((first.ended, second.fired, second.ended), (1.0, 3.0, 2.0))

    def test_late_missing_and_endless_alerts_are_not(self):
        for spans in ({"A": [(125.0, 131.0)]}, {"A": [(105.0, 190.0)]}, {"A": [(105.0, None)]}, {}, {"A": [(50.0, 60.0)]}):
            self.assertFalse(self.lines(spans)[0].good, spans)
            self.assertIn("MISSED", verdict.table(self.lines(spans)))

    def test_what_no_fault_explains_is_told(self):
        faults = [verdict.Fault("f", ("A",), ("B",), 100.0, 130.0)]
        spans = {"A": [(90.0, 95.0), (101.0, 102.0)], "B": [(150.0, 160.0)], "C": [(120.0, None)]}
        self.assertEqual(verdict.unexpected(faults, spans), [("A", 90.0), ("C", 120.0)])


if __name__ == "__main__":
    unittest.main()
