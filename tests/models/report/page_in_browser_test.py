"""What the page's script makes of a report, in a browser without a screen; skipped (77) where there is no Chromium.

page_in_browser_test.py WRITE_TEST_PAGE
"""
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import skips  # noqa: E402

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# Runs after the page's own script; its answer becomes text of the page.
PROBE = """<pre id="probe"></pre><script>
const tables = () => [...document.querySelectorAll('.scroll')].map((s) => ({
  wide: s.classList.contains('wide'), end: s.classList.contains('end'), keys: s.tabIndex === 0,
  hint: getComputedStyle(s, '::before').content, first: getComputedStyle(s.querySelector('td')).position}));
const answer = {width: innerWidth, before: tables(), legends: [...document.querySelectorAll('canvas')].map((canvas) => {
  const chart = Chart.getChart(canvas);
  return chart.legend.legendItems.map((item) => ({
    color: item.strokeStyle, dash: item.lineDash || [], line: chart.data.datasets[item.datasetIndex].borderDash}));
})};
document.querySelector('details').open = true;
document.querySelectorAll('.scroll')[1].scrollLeft = 1e6;
// What scrolled is told so in the next frame, which on a busy machine comes later than any one fixed time.
const write = () => {
  document.getElementById('probe').textContent = JSON.stringify({...answer, after: tables()});
  if (!tables()[1].end || !tables()[2].wide) setTimeout(write, 100);
};
setTimeout(write, 500);
</script>"""


@unittest.skipUnless(BROWSER, "there is no Chromium")
class PageInBrowserTest(unittest.TestCase):
    def look(self, width):
        """What the probe answers in a window of `width` pixels."""
        with tempfile.TemporaryDirectory(prefix="lookbook-page-") as scratch:
            page = pathlib.Path(scratch) / "page.html"
            subprocess.run([sys.argv[1], page], check=True)
            # The page's policy admits its own scripts alone.
            text, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
            self.assertEqual(policies, 1)
            page.write_text(text.replace("</body>", PROBE + "</body>"))
            done = subprocess.run(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 f"--user-data-dir={scratch}/profile", f"--window-size={width},900", "--virtual-time-budget=5000",
                 "--dump-dom", page.as_uri()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
        found = re.search(r'<pre id="probe">(.+?)</pre>', done.stdout)
        self.assertTrue(found, done.stderr[-2000:])
        answer = json.loads(html.unescape(found[1]))
        self.assertEqual(answer["width"], width)
        return answer

    def test_tables_wider_than_the_page_say_so(self):
        for width in (1400, 700):
            with self.subTest(width=width):
                answer = self.look(width)
                narrow, wide, _ = answer["before"]
                self.assertEqual((narrow["wide"], narrow["hint"], narrow["keys"]), (False, "none", False))
                self.assertEqual((wide["wide"], wide["end"], wide["keys"]), (True, False, True))
                self.assertIn("scroll", wide["hint"])
                self.assertEqual(wide["first"], "sticky", "the run's name stays")
                narrow, wide, folded = answer["after"]
                self.assertFalse(narrow["wide"])
                self.assertTrue(wide["end"])
                self.assertTrue(folded["wide"], "unfolded, it is as wide as the other")

    def test_legends_show_the_lines(self):
        curve, line, bar = self.look(1400)["legends"]
        for legend, series in ((curve, 23), (line, 7)):
            self.assertEqual(len(legend), series)
            self.assertEqual([item["dash"] for item in legend], [item["line"] for item in legend])
            self.assertEqual(len({(item["color"], tuple(item["dash"])) for item in legend}), series, "no two alike")
        self.assertEqual(len(bar), 7)


if __name__ == "__main__":
    skips.main(argv=sys.argv[:1], verbosity=2)
