"""A scrape of the real server: promtool finds nothing to complain of, and every selector of the rules and the dashboard
matches something in it.

live_scrape_test.py LOOKBOOK_SERVER LOOKBOOK_CLI WRITE_TEST_BUNDLE
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "support")]
import exposition  # noqa: E402
import monitoring_files as files  # noqa: E402
import skips  # noqa: E402

SERVER, CLI, WRITE_TEST_BUNDLE = sys.argv[1:4]
# A server without a device has no series of one.
OF_A_DEVICE = ("lookbook_gpu_", "lookbook_cuda_")


class LiveScrapeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="lookbook-scrape-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        bundles, pictures = cls.scratch / "bundles", cls.scratch / "pictures"
        subprocess.run([WRITE_TEST_BUNDLE, bundles, pictures], check=True)
        log = cls.scratch / "log"
        with open(log, "w") as file:
            cls.server = subprocess.Popen([SERVER, "--bundles", f"main={bundles}", "--listen.data", "127.0.0.1:0", "--listen.admin",
                                           "127.0.0.1:0", "--metrics.listen", "127.0.0.1:0", "--deadlines.lame-duck", "0s"],
                                          stdout=file, stderr=file)
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.terminate)
        address = cls.wait_for(log, "serving on ").split(",")[0]
        metrics = cls.wait_for(log, "metrics on ").split(":")[1].split()[0].strip(":,")
        done = subprocess.run([CLI, "search", *pictures.iterdir(), "--server", address], stdout=subprocess.PIPE, text=True)
        assert done.returncode == 0, log.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=10) as reply:
            cls.text = reply.read().decode()
        cls.samples = exposition.parse_scrape(cls.text)

    @classmethod
    def wait_for(cls, log, words):
        """What follows `words` in the log."""
        for _ in range(600):
            text = log.read_text()
            if words in text:
                return text.split(words, 1)[1]
            assert cls.server.poll() is None, text
            time.sleep(0.1)
        raise AssertionError(f"no \"{words}\" in {log.read_text()}")

    @unittest.skipUnless(files.program("promtool"), "there is no promtool; scripts/setup brings it")
    def test_promtool_finds_nothing_to_complain_of(self):
        # What the library that serves the scrape says of itself is not ours to name.
        ours = "".join(line + "\n" for line in self.text.splitlines() if "exposer_" not in line)
        self.assertEqual(files.promtool("check", "metrics", stdin=ours).strip(), "")

    def test_every_family_of_the_list_is_there_and_no_other(self):
        families = exposition.exported()
        there = {exposition.family_of(sample.name, families) for sample in self.samples if not sample.name.startswith("exposer_")}
        self.assertNotIn(None, there)
        missing = set(families.values()) - there
        self.assertEqual({f.name for f in missing if not f.name.startswith(OF_A_DEVICE)}, set())

    def test_every_selector_matches_something(self):
        queries = [rule["expr"] for rule in files.rules()] + [query for _, query in files.dashboard_queries()]
        recorded = files.recorded() | {"up", "ALERTS"}
        for query in queries:
            for selector in exposition.selectors(query):
                if selector.name in recorded or selector.name.startswith(OF_A_DEVICE):
                    continue
                for one in exposition.alternatives(selector):
                    with self.subTest(query=query):
                        self.assertTrue(any(exposition.matches(one, sample) for sample in self.samples), one)


if __name__ == "__main__":
    skips.main(argv=sys.argv[:1])
