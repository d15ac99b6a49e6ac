#!/usr/bin/env python3
"""What cmake/GitCommit.cmake makes of a source tree, and that a build after a commit has the new one, and does nothing else."""
import os
import pathlib
import subprocess
import tempfile
import unittest

MODULE = pathlib.Path(__file__).resolve().parents[2] / "cmake/GitCommit.cmake"
PROJECT = f"""cmake_minimum_required(VERSION 3.25)
project(names_its_commit LANGUAGES NONE)
include({MODULE})
lookbook_git_commit(commit)
configure_file(commit.in ${{CMAKE_BINARY_DIR}}/commit @ONLY)
add_custom_command(OUTPUT made COMMAND ${{CMAKE_COMMAND}} -E copy commit made DEPENDS ${{CMAKE_BINARY_DIR}}/commit)
add_custom_target(all_of_it ALL DEPENDS made)
"""


class GitCommitTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name).resolve()
        self.source, self.build = self.root / "source", self.root / "build"
        self.source.mkdir()
        (self.source / "CMakeLists.txt").write_text(PROJECT)
        (self.source / "commit.in").write_text("@commit@")

    def run_in(self, folder, *command):
        # Neither this tree's repository nor the user's settings.
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CEILING_DIRECTORIES": str(self.root)}
        done = subprocess.run(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.strip()

    def git(self, *arguments, folder=None):
        return self.run_in(folder or self.source, "git", "-c", "user.name=nobody", "-c", "user.email=nobody@localhost", *arguments)

    def commit(self, folder=None):
        """Its first twelve digits."""
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change", folder=folder)
        return self.git("rev-parse", "HEAD", folder=folder)[:12]

    def begin(self):
        self.git("init", "--quiet")
        self.git("add", ".")
        return self.commit()

    def configure(self, *options, source=None):
        self.run_in(self.root, "cmake", "-G", "Ninja", "-S", source or self.source, "-B", self.build, *options)

    def built(self):
        self.run_in(self.root, "cmake", "--build", self.build)
        return (self.build / "made").read_text().strip()

    def test_outside_git_it_is_unknown(self):
        self.configure()
        self.assertEqual(self.built(), "unknown")

    def test_what_is_said_comes_before_what_git_says(self):
        self.begin()
        self.configure("-DLOOKBOOK_GIT_COMMIT=0123456789ab")
        self.assertEqual(self.built(), "0123456789ab")

    def test_a_build_after_a_commit_has_the_new_one(self):
        first = self.begin()
        self.configure()
        self.assertEqual(self.built(), first)
        second = self.commit()
        self.assertNotEqual(first, second)
        self.assertEqual(self.built(), second)

    def test_and_after_another_checkout(self):
        first = self.begin()
        second = self.commit()
        self.configure()
        self.assertEqual(self.built(), second)
        self.git("checkout", "--quiet", "--detach", first)
        self.assertEqual(self.built(), first)

    def test_and_where_branches_are_packed(self):
        self.begin()
        self.git("pack-refs", "--all")
        self.configure()
        self.assertEqual(self.built(), self.git("rev-parse", "HEAD")[:12])
        self.assertEqual(self.commit(), self.built())

    def test_and_in_a_linked_work_tree(self):
        first = self.begin()
        tree = self.root / "tree"
        self.git("worktree", "add", "--quiet", "-b", "other", str(tree))
        self.configure(source=tree)
        self.assertEqual(self.built(), first)
        second = self.commit(folder=tree)
        self.assertEqual(self.built(), second)
        # A commit of the other work tree is none of this one's.
        self.commit()
        self.assertEqual(self.built(), second)

    def test_without_a_commit_nothing_is_done(self):
        self.begin()
        self.git("pack-refs", "--all")  # A file that is not there would be waited for in every build.
        self.configure()
        self.built()
        self.assertIn("no work to do", self.run_in(self.root, "cmake", "--build", self.build))


if __name__ == "__main__":
    unittest.main()
