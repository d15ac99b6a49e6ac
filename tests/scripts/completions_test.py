#!/usr/bin/env python3
"""scripts/completions: in bash, every command and every flag of --help completes, and values where they are named."""
import pathlib
import subprocess
import tempfile
import unittest

import program_help

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPLETE = """set -u
source "$1"
COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
"_${2//-/_}"
[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


class CompletionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([ROOT / "scripts/completions", program_help.BIN, cls.folder.name], check=True)

    def complete(self, *words):
        """What bash offers for the last of `words`."""
        script = pathlib.Path(self.folder.name, words[0], "completion")
        ran = subprocess.run(["bash", "-c", COMPLETE, "bash", script, *words], check=True, capture_output=True, text=True)
        self.assertEqual(ran.stderr, "")
        return set(ran.stdout.split())

    def test_every_flag_completes(self):
        checked = 0
        for program, command, text in program_help.every_help():
            words = [program, command] if command else [program]
            self.assertEqual(self.complete(*words, "-"), program_help.flags(text), words)
            checked += len(program_help.flags(text))
        self.assertGreater(checked, 200)

    def test_every_command_completes(self):
        for program in ("lookbook", "lookbook-train"):
            commands = set(program_help.commands(program_help.help_of(program)))
            self.assertGreater(len(commands), 5)
            self.assertEqual(self.complete(program, ""), commands)
        self.assertEqual(self.complete("lookbook", "se"), {"search"})

    def test_values_complete_where_help_names_them(self):
        self.assertEqual(self.complete("lookbook-train", "run", "--device", ""), {"cpu", "cuda"})
        self.assertEqual(self.complete("lookbook-train", "run", "--precision", "t"), {"tf32"})

    def test_flags_of_another_command_do_not(self):
        self.assertEqual(self.complete("lookbook", "health", "--top-k"), set())

    def test_pictures_are_left_to_bash(self):
        self.assertEqual(self.complete("lookbook", "search", ""), set())
        self.assertEqual(self.complete("lookbook", "search", "photo"), set())

    def test_the_function_is_registered(self):
        script = pathlib.Path(self.folder.name, "lookbook", "completion")
        listed = subprocess.run(["bash", "-c", 'source "$1"; complete -p lookbook', "bash", script], check=True, capture_output=True, text=True)
        self.assertEqual(listed.stdout.split(), "complete -o default -F _lookbook lookbook".split())


if __name__ == "__main__":
    unittest.main()
