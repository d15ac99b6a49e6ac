#!/usr/bin/env python3
"""scripts/manual_pages: every program and every command has a page, with every flag of its --help."""
import gzip
import pathlib
import re
import subprocess
import tempfile
import unittest

import program_help

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = {"lookbook-server": 8}


def make_pages(bin_folder, out):
    return subprocess.run([ROOT / "scripts/manual_pages", bin_folder, out], capture_output=True, text=True)


def plain(page):
    """A page's text without the marks of roff."""
    text = gzip.decompress(page.read_bytes()).decode()
    return re.sub(r"\\(?:f[BIRP]|[,/&])", "", text).replace("\\-", "-").replace("\\e", "\\")


class ManualPagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        made = make_pages(program_help.BIN, cls.folder.name)
        if made.returncode:
            raise AssertionError(made.stderr)

    def pages(self):
        """(name, text of the page, text of --help)"""
        for program, command, text in program_help.every_help():
            name, section = "-".join(filter(None, (program, command))), SECTIONS.get(program, 1)
            yield name, plain(pathlib.Path(self.folder.name, program, f"man/man{section}/{name}.{section}.gz")), text

    def test_every_flag_of_help_is_in_the_page(self):
        pages = list(self.pages())
        self.assertGreater(len(pages), 20)
        for name, page, text in pages:
            missing = {flag for flag in program_help.flags(text) if not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", page)}
            self.assertFalse(missing, name)

    def test_a_page_has_its_name_its_summary_and_its_examples(self):
        for name, page, text in self.pages():
            self.assertRegex(page, rf'\.TH {name.upper()} "\d"')
            summary = text.splitlines()[0]
            self.assertIn(f"{name} - {summary[0].lower()}{summary[1:]}", page)
            for example in re.findall(rf"^  ({name.split('-')[0]}\S* .*)$", text.partition("\nExamples:\n")[2], re.MULTILINE):
                self.assertIn(example, page.splitlines())

    def test_a_program_that_is_not_there_is_an_error(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertNotEqual(make_pages(empty, empty).returncode, 0)

    def test_wrong_usage_is_2(self):
        wrong = subprocess.run([ROOT / "scripts/manual_pages", "bin"], capture_output=True, text=True)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("Usage:", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
