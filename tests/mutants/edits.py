"""A mutant: one edit of one file, and the name by which it is known again when lines move."""
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple


class Edit(NamedTuple):
    rule: str
    start: int  # in characters of the file's text
    end: int
    text: str  # that stands there instead


@dataclass(frozen=True)
class Mutant:
    file: str  # as named from the root of the sources
    rule: str
    line: int  # the first that differs
    original: str  # the lines that the edit touches, on one line, with single spaces
    mutated: str
    nth: int  # of those of this file that read alike, counted from 1
    alike: int  # how many there are
    edit: Edit

    @property
    def name(self):
        """Keeps when other lines change, or this one moves."""
        told = "\0".join((self.file, self.original, self.mutated, str(self.nth)))
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    def apply(self, text):
        """The mutated text. It has as many lines, so that what counts them compiles alike."""
        removed, put = text[self.edit.start:self.edit.end], self.edit.text
        put += "\n" * (removed.count("\n") - put.count("\n"))
        return text[:self.edit.start] + put + text[self.edit.end:]


def one_line(text):
    return " ".join(text.split())


def mutants_from(file, text, edits):
    """The mutants that the edits make, in the order of their lines, each once."""
    drafts, seen = [], set()
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end, edit.text, edit.rule)):
        begin = text.rfind("\n", 0, edit.start) + 1
        end = text.find("\n", edit.end)
        end = len(text) if end < 0 else end
        original = one_line(text[begin:end])
        mutated = one_line(text[begin:edit.start] + edit.text + text[edit.end:end])
        line = text.count("\n", 0, edit.start) + 1
        if original != mutated and (line, original, mutated) not in seen:
            seen.add((line, original, mutated))
            drafts.append((edit, line, original, mutated))
    places = defaultdict(list)
    for edit, line, original, mutated in drafts:
        places[original, mutated].append(line)
    mutants = []
    for edit, line, original, mutated in drafts:
        alike = places[original, mutated]
        mutants.append(Mutant(file, edit.rule, line, original, mutated, alike.index(line) + 1, len(alike), edit))
    return mutants
