"""Command lines of the documents, and what they ask of the programs that these do not have. Standard library only."""
import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
import program_help  # noqa: E402

FLAG = re.compile(r"--[a-z0-9][a-z0-9.-]*")


class Help:
    """What each program and each of its subcommands take."""

    def __init__(self):
        self.texts = {(program, command): text for program, command, text in program_help.every_help()}

    def subcommands(self, program):
        return {command for name, command in self.texts if name == program and command}

    def flags(self, program, subcommand=""):
        """Without a subcommand, where the program has some: those of all."""
        return set().union(*(program_help.flags(text) for (name, command), text in self.texts.items()
                             if name == program and (not subcommand or command == subcommand)))

    def everything(self):
        return "\n".join(self.texts.values())


def words(line):
    """Of one line of a shell: a list for each command in it. Comments and assignments in front are left out."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    try:
        parts = list(lexer)
    except ValueError:  # A quote without its end.
        parts = line.split()
    commands, command = [], []
    for part in [*parts, "|"]:
        if set(part) <= set("|&;"):
            commands.append(command)
            command = []
        elif command or not re.fullmatch(r"[A-Z_]+=.*", part):
            command.append(part)
    return [command for command in commands if command]


def shell_lines(document):
    """(line number, text) of blocks that are not in another language, with continued lines joined, and of inline code."""
    for block in document.blocks:
        if block.info not in ("", "sh", "bash", "console"):
            continue
        joined, number = "", 0
        for offset, text in enumerate(block.lines, 1):
            number = number if joined else block.line + offset
            joined += text.rstrip("\\")
            if text.endswith("\\"):
                continue
            yield number, joined
            joined = ""
    yield from document.inline_code()


def wrong_commands(document, help):
    """What command lines of the document ask of the programs that these do not have."""
    for line, text in shell_lines(document):
        for command in words(text):
            program = command[0].rpartition("/")[2]
            if program not in program_help.PROGRAMS:
                continue
            subcommands = help.subcommands(program)
            subcommand = command[1] if len(command) > 1 and re.fullmatch("[a-z][a-z-]*", command[1]) and subcommands else ""
            if subcommand and subcommand not in subcommands:
                yield f"{line}: {program} has no {subcommand}"
                continue
            for flag in command[1:]:
                name = flag.partition("=")[0].rstrip(".")
                if FLAG.fullmatch(name) and name not in help.flags(program, subcommand):
                    yield f"{line}: {program} {subcommand} has no {name}"
