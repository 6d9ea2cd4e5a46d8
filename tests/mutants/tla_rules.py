"""How TLA+ modules and TLC's configurations are mutated.

Untouched are comments, the boxed header, and what TLC would refuse at once: the equals sign of a primed
variable, or of EXCEPT.
"""
import re

from edits import Edit

_SWAPS = [
    ("relation", r" (<) ", "<="),
    ("relation", r" (<=) ", "<"),
    ("relation", r" (>) ", ">="),
    ("relation", r" (>=) ", ">"),
    ("relation", r" (#) ", "="),
    ("relation", r" (/=) ", "="),
    ("relation", r" (\\notin) ", r"\in"),
    ("junction", r"\S ( */\\) ", r" \/"),
    ("junction", r"\S ( *\\/) ", r" /\ "),
    ("truth", r"\b(TRUE)\b", "FALSE"),
    ("truth", r"\b(FALSE)\b", "TRUE"),
    ("arithmetic", r" (\+) ", "-"),
    ("arithmetic", r" (-) ", "+"),
    ("set", r" (\\cup) ", r"\cap"),
    ("set", r" (\\) ", r"\cup"),
    ("quantifier", r"(\\A) ", r"\E"),
    ("quantifier", r"(\\E) ", r"\A"),
    ("dropped not", r"(~)[\w(]", ""),
]
_BINDER = re.compile(r"(\\A|\\E|CHOOSE|\[|\{|,)\s*[\w, ]*$|\\in[^:\]}]*,\s*\w+$")
_UPDATE = re.compile(r"(!(\.\w+|\[[^\]]*\])+|'|^\s*\w+(\([\w, ]*\))?)$")


def masked(text):
    """The text with comments as spaces, so that places stay."""
    out, depth, i = list(text), 0, 0
    while i < len(text):
        pair = text[i:i + 2]
        if pair == "(*" or depth and pair == "*)":
            depth += 1 if pair == "(*" else -1
            out[i] = out[i + 1] = " "
            i += 2
            continue
        if depth == 0 and pair == "\\*":
            while i < len(text) and text[i] != "\n":
                out[i] = " "
                i += 1
            continue
        if depth and text[i] != "\n":
            out[i] = " "
        i += 1
    return "".join(out)


def swap(text):
    for rule, pattern, replacement in _SWAPS:
        for found in re.finditer(pattern, text):
            yield Edit(rule, found.start(1), found.end(1), replacement)


def equality(text):
    for found in re.finditer(r" (=|\\in) ", text):
        line = text[text.rfind("\n", 0, found.start()) + 1:found.start()]
        if found[1] == "=" and not _UPDATE.search(line):
            yield Edit("relation", found.start(1), found.end(1), "#")
        if found[1] == "\\in" and not _BINDER.search(line):
            yield Edit("relation", found.start(1), found.end(1), r"\notin")


def constant(text):
    for found in re.finditer(r"(?<![\w.])\d+(?!\w)", text):
        number = int(found[0])
        yield Edit("constant", found.start(), found.end(), str(number + 1))
        if number == 1:
            yield Edit("constant", found.start(), found.end(), "0")


def condition(text):
    for found in re.finditer(r"\bIF\s+((?:(?!\bIF\b|\bTHEN\b).)+?)\s+THEN\b", text, re.DOTALL):
        for value in ("TRUE", "FALSE"):
            yield Edit("condition", found.start(1), found.end(1), value)


def store(text):
    """The one store for the other."""
    for found in re.finditer(r'"(stash|persist)"', text):
        yield Edit("store", found.start(1), found.end(1), "persist" if found[1] == "stash" else "stash")


def dropped_bullet(text):
    """A conjunct or disjunct that has its lines to itself."""
    lines = text.splitlines(keepends=True)
    start = 0
    for i, line in enumerate(lines):
        found = re.match(r"( *)(/\\|\\/) ", line)
        if found:
            last = i
            while last + 1 < len(lines) and re.match(rf" {{{len(found[1]) + 1},}}\S", lines[last + 1]):
                last += 1
            end = start + len("".join(lines[i:last + 1]).rstrip())
            yield Edit("dropped bullet", start + found.end(), end, "TRUE" if found[2] == "/\\" else "FALSE")
        start += len(line)


def module_edits(text):
    text = masked(text)
    for rule in (swap, equality, constant, condition, store, dropped_bullet):
        yield from rule(text)


def configuration_edits(text):
    """An invariant less, or a bound that is lower, where all of them are to hold. In one that expects
    a violation most make no difference, and the others are noticed at once."""
    if not re.search(r"^\\\* expect: holds$", text, re.MULTILINE):
        return
    text, section, start = masked(text), "", 0
    for line in text.splitlines(keepends=True):
        heading = re.match(r"([A-Z]+)\b", line)
        section = heading[1] if heading else section
        name = re.match(r"\s+(\w+)\s*$", line)
        if section in ("INVARIANTS", "INVARIANT", "PROPERTIES", "PROPERTY") and name:
            yield Edit("dropped invariant", start + name.start(1), start + name.end(1), "")
        bound = re.match(r"\s+\w+ = (\d+)\s*$", line)
        if bound and int(bound[1]) > 0:
            yield Edit("bound", start + bound.start(1), start + bound.end(1), str(int(bound[1]) - 1))
        start += len(line)
