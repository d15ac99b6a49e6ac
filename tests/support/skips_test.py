"""What skips.main() ends with: CTest takes 77 for skipped."""
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).parent
SCRIPT = """import sys, unittest
sys.dont_write_bytecode = True
sys.path.insert(0, {here!r})
import skips

{tests}

skips.main()
"""
PASSES = "class Passes(unittest.TestCase):\n    def test(self): pass"
FAILS = "class Fails(unittest.TestCase):\n    def test(self): self.fail()"
SKIPPED_CLASS = "@unittest.skipUnless(False, 'there is none')\nclass Skipped(unittest.TestCase):\n    def test(self): self.fail()"
SKIPPED_TEST = "class SkippedTest(unittest.TestCase):\n    @unittest.skipUnless(False, 'there is none')\n    def test(self): self.fail()"


def code(*tests):
    script = SCRIPT.format(here=str(HERE), tests="\n\n".join(tests))
    return subprocess.run([sys.executable, "-c", script], capture_output=True).returncode


class SkipsTest(unittest.TestCase):
    def test_all_that_ran_passed(self):
        self.assertEqual(code(PASSES), 0)

    def test_one_skip_among_those_that_passed_is_told(self):
        self.assertEqual(code(PASSES, SKIPPED_CLASS), 77)
        self.assertEqual(code(PASSES, SKIPPED_TEST), 77)

    def test_a_failure_is_not_hidden_by_a_skip(self):
        self.assertEqual(code(FAILS, SKIPPED_CLASS), 1)
        self.assertEqual(code(FAILS), 1)


if __name__ == "__main__":
    unittest.main()
