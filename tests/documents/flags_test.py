#!/usr/bin/env python3
"""Commands, flags, configuration keys and environment variables that the documents name are there."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from commands import Help, program_help, wrong_commands  # noqa: E402
from markdown import ROOT, Document, files  # noqa: E402

HELP = Help()
SECTIONS = sorted(set(re.findall(r"^\[([a-z]+)\]", (ROOT / "deploy/server.toml").read_text(), re.MULTILINE)))
KEY = re.compile(rf"(?:{'|'.join(SECTIONS)})\.[a-z0-9_]+")
# What looks like an option and is none: files, and keys of manifests and recipes.
FILES = (".cc", ".crt", ".csv", ".faiss", ".h", ".json", ".md")
OTHER_KEYS = {"index.file", "index.spec"}


def wrong_keys(document):
    for line, code in document.inline_code():
        key = code.partition(" ")[0]
        if KEY.fullmatch(key) and key not in OTHER_KEYS and not key.endswith(FILES):
            if f"--{key.replace('_', '-')}" not in HELP.flags("lookbook-server"):
                yield f"{line}: lookbook-server has no option {key}"


def sources():
    """What may read an environment variable."""
    paths = [path for folder in ("scripts", "cmake", "client", "base", "docker", "examples", "tests") for path in (ROOT / folder).rglob("*")]
    return "\n".join(path.read_text(errors="replace") for path in paths if path.is_file() and path.suffix != ".md" and path.stat().st_size < 200_000)


def wrong_script_flags(document):
    for line, code in [*document.inline_code(), *((b.line, text) for b in document.blocks for text in b.lines)]:
        for name, rest in re.findall(r"(?:^|[ `])(scripts/[a-z_]+(?:\.py)?)((?: [^|;&#`]*)?)", code):
            path = ROOT / name
            for flag in re.findall(r"--[a-z][a-z-]*", rest) if path.is_file() else ():
                if flag not in path.read_text() and flag != "--help":
                    yield f"{line}: {name} has no {flag}"


class FlagsTest(unittest.TestCase):
    def check(self, check):
        found = [f"{path.relative_to(ROOT)}:{problem}" for path in files() for problem in check(Document(path))]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_commands_and_flags(self):
        self.check(lambda document: wrong_commands(document, HELP))

    def test_options_of_the_server(self):
        self.check(wrong_keys)

    def test_the_shipped_configuration_takes_every_key_where_it_stands(self):
        text = (ROOT / "deploy/server.toml").read_text()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "server.toml"
            path.write_text(re.sub(r"^# ([a-z_]+ = )", r"\1", text, flags=re.MULTILINE))
            self.assertNotEqual(path.read_text(), text)
            done = subprocess.run([program_help.BIN / "lookbook-server", "--config", path, "--print-config"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_flags_of_scripts(self):
        self.check(wrong_script_flags)

    def test_environment_variables(self):
        known = HELP.everything() + sources()
        self.check(lambda document: [f"{line}: nothing reads {name}" for line, code in document.inline_code()
                                     for name in re.findall(r"LOOKBOOK_[A-Z_]+[A-Z]", code) if name not in known])


class ChecksTest(unittest.TestCase):
    """The checks find what they are for."""

    def found(self, check, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.md"
            path.write_text(text)
            return len(list(check(Document(path))))

    def test_commands(self):
        def check(document):
            return wrong_commands(document, HELP)
        self.assertEqual(self.found(check, "```\nbuild/release/bin/lookbook search a.jpg --top-k 5 | jq .x   # --nothing\n```"), 0)
        self.assertEqual(self.found(check, "```\nX=1 lookbook-train run \\\n  --recipe a.toml\n```\n`lookbook-server … --watch`"), 0)
        self.assertEqual(self.found(check, "```\nlookbook search --gone\n```\n`lookbook-train fly` `lookbook-server --top-k=1`"), 3)
        self.assertEqual(self.found(check, "```\nlookbook-train eda data --recipe x\n```"), 1)
        self.assertEqual(self.found(check, "```\nlookbook info && lookbook \\\n  item --gone\n```"), 1)

    def test_options(self):
        self.assertEqual(self.found(wrong_keys, "`batch.max_size` `index.spec` `batch.max_size = 8` `data.root` `metrics.json`"), 0)
        self.assertEqual(self.found(wrong_keys, "`batch.min_size` `limits.gone = 3` `log.levels`"), 3)

    def test_scripts(self):
        self.assertEqual(self.found(wrong_script_flags, "`scripts/test --full` `scripts/setup --help`"), 0)
        self.assertEqual(self.found(wrong_script_flags, "`scripts/test --quick`\n```\nscripts/demo --nothing\n```"), 2)


if __name__ == "__main__":
    unittest.main()
