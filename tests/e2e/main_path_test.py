"""synth -> run -> serve -> search -> SIGTERM with the real programs."""
import json
import pathlib
import subprocess
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from programs import BIN, ProgramTest, run, search, synthesize, train


class MainPathTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = cls.scratch / "data"
        cls.bundles = cls.scratch / "bundles"
        synthesize(cls.data)
        train("tiny", cls.data, cls.scratch / "work", cls.bundles)

    def test_queries_are_answered_and_sigterm_ends_cleanly(self):
        server = self.serve({"main": self.bundles}, "--deadlines.lame-duck", "0s")
        answers = search(server, *sorted((self.data / "test").glob("*.jpg")), "--top-k", 5, "--top-classes", 0)
        self.assertEqual(len(answers), 6)
        current = (self.bundles / "CURRENT").read_text().split()[0]
        for answer in answers:
            self.assertEqual(len(answer["neighbors"]), 5)
            similarities = [n["similarity"] for n in answer["neighbors"]]
            self.assertEqual(similarities, sorted(similarities, reverse=True))
            self.assertEqual(len(answer["classes"]), 10)
            self.assertEqual(answer["bundle_id"], current)
        self.assertEqual(server.terminate(), 0, server.output())

    def test_a_lame_duck_says_so_and_goes_on_answering(self):
        server = self.serve({"main": self.bundles}, "--deadlines.lame-duck", "1s")
        picture = sorted((self.data / "test").glob("*.jpg"))[0]
        server.signal_end()
        # The signal is seen at some moment after it was sent; from then on the second of the lame duck runs.
        for _ in range(200):
            health = subprocess.run([BIN / "lookbook", "health", "--server", server.address], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if health.returncode != 0:
                break
        self.assertEqual(health.returncode, 1, health.stderr)
        self.assertEqual(health.stdout.strip(), "NOT_SERVING")
        self.assertEqual(len(search(server, picture, "--top-k", 3)[0]["neighbors"]), 3)
        self.assertEqual(server.wait(), 0, server.output())

    def test_an_item_finds_itself_first_through_its_picture(self):
        server = self.serve({"main": self.bundles}, "--deadlines.lame-duck", "0s")
        # One of the pictures that the split put into the index.
        query = sorted((self.data / "test").glob("*.jpg"))[0]
        picture = self.data / "train" / (search(server, query, "--top-k", 1)[0]["neighbors"][0]["item_id"] + ".jpg")
        by_item = search(server, "--item", picture.stem, "--include-self", "--top-k", 3)[0]["neighbors"]
        self.assertEqual(by_item[0]["item_id"], picture.stem)
        by_picture = search(server, picture, "--top-k", 3)[0]["neighbors"]
        self.assertEqual([n["item_id"] for n in by_picture], [n["item_id"] for n in by_item])
        self.assertAlmostEqual(by_picture[0]["similarity"], 1, places=4)

    def test_the_sheet_holds_every_query(self):
        server = self.serve({"main": self.bundles}, "--deadlines.lame-duck", "0s")
        sheet = self.scratch / "sheet.html"
        run(BIN / "lookbook", "search", self.data / "test", "--html", sheet, "--server", server.address)
        html = sheet.read_text()
        self.assertGreaterEqual(html.count("data:image/jpeg;base64,"), 6 * 2)
        for picture in (self.data / "test").glob("*.jpg"):
            self.assertIn(picture.name, html)

    def test_counters_agree_with_what_the_client_saw(self):
        server = self.serve({"main": self.bundles}, "--deadlines.lame-duck", "0s")
        search(server, self.data / "test")
        broken = self.scratch / "broken.jpg"
        broken.write_bytes(b"\xff\xd8 not a picture")
        run(BIN / "lookbook", "search", broken, "--server", server.address, expect=1)
        scrape = urllib.request.urlopen(f"http://{server.metrics}/metrics").read().decode()
        self.assertIn('lookbook_requests_total{code="OK",method="Search"} 6', scrape)
        self.assertIn('lookbook_requests_total{code="INVALID_ARGUMENT",method="Search"} 1', scrape)

    def test_the_published_evaluation_is_what_evaluate_prints(self):
        report = self.scratch / "evaluation.json"
        run(BIN / "lookbook-train", "evaluate", "--bundle", self.bundles, "--data", self.data, "--csv", "holdout.csv",
            "--images", "holdout", "--json", report)
        printed = json.loads(report.read_text())
        self.assertEqual(printed["images"], 40)
        current = (self.bundles / "CURRENT").read_text().split()[0]
        manifest = json.loads((self.bundles / current / "manifest.json").read_text())
        self.assertEqual(manifest["evaluation"]["split"], "holdout")
        self.assertEqual(int(manifest["evaluation"]["images"]), 40)
        published = manifest["evaluation"]["values"]
        self.assertGreater(len(published), 10)
        # A manifest leaves out what is not a number.
        self.assertEqual({name for name, value in printed["values"].items() if value is not None}, set(published))
        for name, value in published.items():
            self.assertAlmostEqual(printed["values"][name], value, places=5, msg=name)

    def test_a_damaged_bundle_is_refused_and_named(self):
        import shutil
        damaged = self.scratch / "damaged"
        shutil.copytree(self.bundles, damaged)
        index = next(damaged.glob("*/index.faiss"))
        content = bytearray(index.read_bytes())
        content[len(content) // 2] ^= 1
        index.write_bytes(content)
        done = run(BIN / "lookbook-server", "--bundles", f"main={damaged}", "--listen.data", "127.0.0.1:0",
                   "--listen.admin", "off", "--metrics.listen", "off", expect=1)
        self.assertRegex(done.stderr + done.stdout, "checksum|index.faiss")


if __name__ == "__main__":
    unittest.main(verbosity=2)
