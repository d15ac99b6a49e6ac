"""The Grafana dashboard as far as it can be checked without Grafana: its form, its layout, and that every query is one that
Prometheus takes and names what the server exports."""
import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "support")]
import exposition  # noqa: E402
import monitoring_files as files  # noqa: E402
import skips  # noqa: E402

ROWS = ["Objectives", "Traffic", "Latency by stage", "Batching", "Queue and shed", "Index and reload", "GPU", "Process"]
WIDTH = 24  # Of Grafana's grid.


class FormTest(unittest.TestCase):
    def setUp(self):
        self.board = files.dashboard()

    def test_its_rows_are_those_of_the_document(self):
        self.assertEqual([p["title"] for p in self.board["panels"] if p["type"] == "row"], ROWS)

    def test_panels_have_ids_and_places_of_their_own(self):
        panels = self.board["panels"]
        self.assertEqual(len({p["id"] for p in panels}), len(panels))
        cells = set()
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], WIDTH, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), cells, f"{panel['title']} lies on another panel")
                    cells.add((x, y))

    def test_panels_ask_the_chosen_prometheus_and_say_their_unit(self):
        for panel in self.board["panels"]:
            if panel["type"] == "row":
                continue
            with self.subTest(panel=panel["title"]):
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
                self.assertTrue(panel["targets"])
                self.assertEqual(len({t["refId"] for t in panel["targets"]}), len(panel["targets"]))
                if panel["type"] != "heatmap":
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])

    def test_legends_use_labels_that_the_query_keeps(self):
        for panel in self.board["panels"]:
            for target in panel.get("targets", []):
                kept = re.search(r"^(?:max|min|sum|count|histogram_quantile)\b.*?\bby \(([^)]*)\)", target["expr"])
                if kept is None:
                    continue
                labels = {label.strip() for label in kept[1].split(",")}
                for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                    self.assertIn(label, labels, f"{panel['title']}: {target['legendFormat']}")

    def test_variables_are_defined(self):
        defined = {variable["name"] for variable in self.board["templating"]["list"]}
        for panel, query in files.dashboard_queries():
            self.assertLessEqual(set(re.findall(r"\$(?!__)(\w+)", query)), defined, panel)


class QueriesTest(unittest.TestCase):
    def test_they_name_series_and_labels_that_the_server_exports(self):
        families, recorded = exposition.exported(), files.recorded()
        for panel, query in files.dashboard_queries():
            with self.subTest(panel=panel, query=query):
                self.assertEqual(exposition.problems(query, families, recorded), [])

    def test_every_exported_series_is_on_it(self):
        families = exposition.exported()
        shown = {exposition.family_of(selector.name, families) for _, query in files.dashboard_queries()
                 for selector in exposition.selectors(query)}
        self.assertEqual({name for name, family in families.items() if family not in shown}, set())

    @unittest.skipUnless(files.program("promtool"), "there is no promtool; scripts/setup brings it")
    def test_prometheus_takes_them(self):
        queries = [files.without_variables(query) for _, query in files.dashboard_queries()]
        rules = "".join(f"  - record: panel:query:{i}\n    expr: {query!r}\n" for i, query in enumerate(queries))
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write("groups:\n- name: panels\n  rules:\n" + rules)
            file.flush()
            self.assertIn(f"{len(queries)} rules found", files.promtool("check", "rules", file.name))


if __name__ == "__main__":
    skips.main()
