"""The tests' own reader of queries and scrapes: what it must see and refuse."""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import exposition  # noqa: E402
from exposition import Family, Sample, Selector  # noqa: E402

FAMILIES = {f.name: f for f in (Family("lookbook_requests_total", "counter", frozenset({"method", "code"})),
                                Family("lookbook_request_duration_seconds", "histogram", frozenset({"method"})),
                                Family("lookbook_queue_depth", "gauge", frozenset({"bundle"})))}


class SelectorsTest(unittest.TestCase):
    def test_metrics_are_told_from_functions_labels_and_strings(self):
        query = 'sum by (bundle) (rate(lookbook_requests_total{method="lookbook_no_metric",code=~"A|B"}[5m])) / on(job) up{job="lookbook"}'
        self.assertEqual(exposition.selectors(query),
                         [Selector("lookbook_requests_total", (("method", "=", "lookbook_no_metric"), ("code", "=~", "A|B"))),
                          Selector("up", (("job", "=", "lookbook"),))])
        self.assertEqual(exposition.grouping_labels(query), {"bundle", "job"})

    def test_alternatives_stand_alone(self):
        selector = Selector("x", (("code", "=~", "A|B"), ("job", "=~", ".*")))
        self.assertEqual(exposition.alternatives(selector), [Selector("x", (("code", "=", "A"), ("job", "=~", ".*"))),
                                                             Selector("x", (("code", "=", "B"), ("job", "=~", ".*")))])


class ProblemsTest(unittest.TestCase):
    def test_what_is_exported_is_no_problem(self):
        for query in ('rate(lookbook_requests_total{method="Search",job="x"}[5m])', "lookbook_queue_depth > 3",
                      "sum by (le) (rate(lookbook_request_duration_seconds_bucket[5m]))", "job:lookbook_x:rate5m > 1", "up == 0"):
            self.assertEqual(exposition.problems(query, FAMILIES, {"job:lookbook_x:rate5m"}), [], query)

    def test_what_is_not_is(self):
        for query, said in (("lookbook_typo > 1", "lookbook_typo is not exported"),
                            ("rate(lookbook_request_duration_seconds[5m])", "lookbook_request_duration_seconds is not exported"),
                            ('lookbook_queue_depth{stage="embed"}', "has no label stage"),
                            ("lookbook_requests_total > 3", "rises for ever"),
                            ("rate(lookbook_queue_depth[5m])", "is a gauge"),
                            ("sum by (bundel) (lookbook_queue_depth)", "no series has the label bundel"),
                            ("job:lookbook_gone:rate5m > 1", "is not exported"),
                            ("vector(1)", "names no series")):
            self.assertIn(said, "; ".join(exposition.problems(query, FAMILIES)), query)


class MatchesTest(unittest.TestCase):
    def test_scrapes_are_read_and_selectors_applied(self):
        text = '# HELP a b\n# TYPE a counter\na{x="1",y="a b"} 3\na 4\n'
        samples = exposition.parse_scrape(text)
        self.assertEqual(samples, [Sample("a", (("x", "1"), ("y", "a b"))), Sample("a", ())])
        for matchers, hits in (((), 2), ((("x", "=", "1"),), 1), ((("x", "=~", "1|2"),), 1), ((("x", "!=", "1"),), 1),
                               ((("x", "=", ""),), 1), ((("x", "=", "2"),), 0), ((("x", "!~", "."),), 1),
                               ((("job", "=", "other"),), 2), ((("x", "=~", "$x"),), 2)):
            self.assertEqual(sum(exposition.matches(Selector("a", matchers), s) for s in samples), hits, matchers)


if __name__ == "__main__":
    unittest.main()
