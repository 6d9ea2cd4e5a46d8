"""Mutants that are known to change nothing that counts, each with the reason: equivalent.txt.

Entries are apart by empty lines; `#` in front of all makes a comment of a line:

    crashsim/explore/moves.h
    - the line as it is
    + the line as the mutant has it
    Why it makes no difference.

White space counts as one space, and what spans lines is written on one. Where a file has several
places that read alike, the first line says which is meant, counted from 1: `crashsim/explore/moves.h #2`.
"""
import re
from dataclasses import dataclass

from edits import one_line


@dataclass(frozen=True)
class Entry:
    line: int  # in equivalent.txt
    file: str
    nth: int  # 0: the only one
    original: str
    mutated: str
    reason: str


class Malformed(Exception):
    """The message names the line."""


def read(text):
    entries, block = [], []
    for number, line in enumerate(text.splitlines() + [""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            block.append((number, line.strip()))
        elif block:
            entries.append(_entry(block))
            block = []
    return entries


def _entry(block):
    number = block[0][0]
    lines = [line for _, line in block]
    head = re.fullmatch(r"(\S+)(?: #(\d+))?", lines[0])
    if not head:
        raise Malformed(f"line {number}: expected a file's name, perhaps with #N behind it")
    if len(lines) < 3 or not lines[1].startswith("- ") or not re.match(r"\+( |$)", lines[2]):
        raise Malformed(f"line {number}: expected a line '- original' and a line '+ mutated' below it")
    if len(lines) < 4:
        raise Malformed(f"line {number}: expected the reason below the two lines")
    return Entry(number, head[1], int(head[2] or 0), one_line(lines[1][2:]), one_line(lines[2][2:]),
                 " ".join(lines[3:]))


def explained(entries, mutants_of):
    """The names of the mutants that entries explain, by name; and for each entry that explains none
    a line that says why. `mutants_of(file)` has all of a file; None if there is no such file."""
    names, complaints = {}, []
    for entry in entries:
        mutants = mutants_of(entry.file)
        alike = [mutant for mutant in mutants or []
                 if (mutant.original, mutant.mutated) == (entry.original, entry.mutated)]
        chosen = [mutant for mutant in alike if entry.nth in (0, mutant.nth)]
        if len(chosen) == 1:
            names[chosen[0].name] = entry
        elif mutants is None:
            complaints.append(f"line {entry.line}: there is no file {entry.file}")
        elif len(alike) > 1:
            complaints.append(f"line {entry.line}: {entry.file} has {len(alike)} such mutants: "
                              f"say which, #1 to #{len(alike)}")
        else:
            complaints.append(f"line {entry.line}: stale: {entry.file} has no such mutant any more")
    return names, complaints
