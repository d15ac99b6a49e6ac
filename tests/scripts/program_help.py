"""What --help of the programs names, read without the code of scripts/ that is tested by it."""
import functools
import os
import pathlib
import re
import subprocess

BIN = pathlib.Path(os.environ["LOOKBOOK_BIN"])
PROGRAMS = ("lookbook", "lookbook-server", "lookbook-train")


@functools.cache
def help_of(program, *command):
    return subprocess.run([BIN / program, *command, "--help"], check=True, capture_output=True, text=True).stdout


def flags(text):
    """Every flag that begins a line, short and long."""
    return {flag for line in re.findall(r"^ +(-\S+)", text, re.MULTILINE)
            for flag in re.findall(r"(?:^|,)(--?[a-z][a-z0-9.-]*)", line)}


def commands(text):
    listed = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def every_help():
    """(program, command or "", text)"""
    for program in PROGRAMS:
        text = help_of(program)
        yield program, "", text
        for command in commands(text):
            yield program, command, help_of(program, command)
