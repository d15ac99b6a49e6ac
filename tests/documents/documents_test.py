#!/usr/bin/env python3
"""Links lead somewhere, files that are named are there, code that is quoted stands where it is said to come from."""
import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from markdown import ROOT, Document, files  # noqa: E402

FOLDERS = "base engine server client models proto deploy docker scripts tests docs examples cmake third_party".split()
FOLDERS += ["compatibility", "deploy", "e2e", "integration", "monitoring"]  # Of tests/, as CTest names them.
PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})/[A-Za-z0-9_./*+-]+")


def broken_links(path, root):
    found = []
    for line, target in Document(path).links():
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        if not goal.exists() or not goal.is_relative_to(root):
            found.append(f"{path.relative_to(root)}:{line}: {target} is not there")
        elif anchor and goal.suffix == ".md" and anchor not in Document(goal).anchors():
            found.append(f"{path.relative_to(root)}:{line}: {target} has no such heading")
    return found


def missing_paths(path, root):
    """Paths of the tree in `code`: a file or folder, a source without its ending, a test by CTest's name. NAME, TARGET and *
    stand for any part."""
    found = []
    for line, code in Document(path).inline_code():
        for name in code.split():
            pattern = re.sub(r"\b(?:NAME|TARGET)\b", "*", name).rstrip("/")
            places = [before + pattern + ending for before in ("", "tests/") for ending in ("", ".h", ".cc", ".py")]
            if PATH.fullmatch(name) and not any(any(root.glob(place)) for place in places):
                found.append(f"{path.relative_to(root)}:{line}: {name} is not there")
    return found


def wrong_quotations(path, root):
    """A block whose fence names a file after the language holds lines of that file, in one piece."""
    found = []
    for block in Document(path).blocks:
        language, _, source = block.info.partition(" ")
        if not source:
            continue
        text = (root / source).read_text() if (root / source).is_file() else ""
        lines, quoted = text.splitlines(), block.lines
        if not any(lines[i:i + len(quoted)] == quoted for i in range(len(lines))):
            found.append(f"{path.relative_to(root)}:{block.line}: this is not in {source}")
    return found


class DocumentsTest(unittest.TestCase):
    def check(self, check):
        self.assertGreater(len(files()), 15)
        found = [line for path in files() for line in check(path, ROOT)]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_links_lead_somewhere(self):
        self.check(broken_links)

    def test_files_that_are_named_are_there(self):
        self.check(missing_paths)

    def test_quoted_code_is_that_of_the_sources(self):
        self.check(wrong_quotations)

    def test_the_readme_leads_to_every_document(self):
        linked = {(ROOT / target.partition("#")[0]).resolve() for _, target in Document(ROOT / "README.md").links()}
        wanted = {path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "adr"}
        wanted |= {ROOT / "docs/adr", ROOT / "HACKING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", ROOT / "LICENSE"}
        self.assertEqual({str(path) for path in wanted - linked}, set())


class ChecksTest(unittest.TestCase):
    """The checks find what they are for."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name).resolve()
        (self.root / "docs").mkdir()
        (self.root / "docs/other.md").write_text("# One thing\n\n## `two`: and more\n\n## One thing\n")
        (self.root / "docs/code.cc").write_text("int a;\nint b;\nint c;\n")

    def found(self, check, text):
        page = self.root / "docs/page.md"
        page.write_text(text)
        return len(check(page, self.root))

    def test_links(self):
        self.assertEqual(self.found(broken_links, "[a](other.md) [b](other.md#one-thing) [c](other.md#two-and-more)"), 0)
        self.assertEqual(self.found(broken_links, "[a](other.md#one-thing-1) [b](https://example.com/x) `[c](none.md)`"), 0)
        self.assertEqual(self.found(broken_links, "[a](none.md) [b](other.md#three) [c](#here) [d](../../etc)"), 4)
        self.assertEqual(self.found(broken_links, "# Here\n\n[a](#here) [![b](none.png)](other.md)"), 0)
        self.assertEqual(self.found(broken_links, "![b](none.png)"), 1)

    def test_paths(self):
        self.assertEqual(self.found(missing_paths, "`docs/code.cc` `docs/code` `docs/*.md` `docs/code.cc --flag` `docs/NAME.cc` `other/x`"), 0)
        self.assertEqual(self.found(missing_paths, "`docs/gone.cc` `docs/*.txt` `run docs/gone`"), 3)

    def test_quotations(self):
        self.assertEqual(self.found(wrong_quotations, "```cpp docs/code.cc\nint b;\nint c;\n```\n\n```\nanything\n```\n"), 0)
        self.assertEqual(self.found(wrong_quotations, "```cpp docs/code.cc\nint a;\nint c;\n```\n"), 1)
        self.assertEqual(self.found(wrong_quotations, "```cpp docs/gone.cc\nint a;\n```\n"), 1)

    def test_a_fence_without_its_end(self):
        with self.assertRaises(ValueError):
            self.found(wrong_quotations, "```\ncode\n")


if __name__ == "__main__":
    unittest.main()
