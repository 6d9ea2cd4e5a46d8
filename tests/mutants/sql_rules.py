"""How the stores' SQL is mutated: the words in it that decide what is durable, and when."""
import re

from edits import Edit

_WORDS = [
    (r"\bBEGIN IMMEDIATE\b", "BEGIN"),
    (r"\bCOMMIT\b", "ROLLBACK"),
    (r"\bsynchronous = FULL\b", "synchronous = NORMAL"),
    (r"\bsynchronous = FULL\b", "synchronous = OFF"),
    (r"\bjournal_mode = WAL\b", "journal_mode = MEMORY"),
    (r"\bREPLACE INTO\b", "INSERT OR IGNORE INTO"),
    (r"= ON$", "= OFF"),
    (r" ORDER BY key\b", ""),
    (r" ORDER BY key\b", " ORDER BY key DESC"),
    (r"(\bDELETE FROM \w+)$", r"\1 WHERE 0"),
    (r"(\bDELETE FROM \w+ WHERE) ", r"\1 0 AND "),
    (r" < ", " <= "),
    (r" > ", " >= "),
    (r"\+ 1\b", "+ 0"),
    (r"\+ 1\b", "+ 2"),
    (r"\bmax\(", "min("),
    (r"\bNOT NULL\b", ""),
]


def sql(source):
    for token in source.tokens:
        if token.kind != "string" or not re.search(r"\b[A-Z]{4,}\b", token.text):
            continue
        inner = token.text[token.text.index('"') + 1:-1]
        offset = token.start + token.text.index('"') + 1
        for pattern, replacement in _WORDS:
            for found in re.finditer(pattern, inner):
                yield Edit("SQL", offset + found.start(), offset + found.end(), found.expand(replacement))


RULES = [sql]
