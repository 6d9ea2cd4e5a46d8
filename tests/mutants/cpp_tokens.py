"""C++ as far as a mutator needs it: tokens without comments and directives, brackets that match, and
what each pair of braces is.

It assumes the layout that clang-format gives: an operator between two operands has a space on both
sides, which tells `a < b` from `vector<int>` and `a && b` from `T&& x`.
"""
import re
from dataclasses import dataclass, field
from typing import NamedTuple, Optional


class Token(NamedTuple):
    kind: str  # word, number, string, char or op
    text: str
    start: int

    @property
    def end(self):
        return self.start + len(self.text)


_TOKEN = re.compile(
    r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<directive> ^[ \t]*\#(?: \\\n | [^\n] )* )
  | (?P<string> (?:u8|[uUL])?R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)" | (?:u8|[uUL])?"(?:[^"\\\n]|\\.)*" )
  | (?P<char> '(?:[^'\\\n]|\\.)+' )
  | (?P<number> \d(?: [eEpP][+-] | '?[\w.] )* )
  | (?P<word> [A-Za-z_]\w* )
  | (?P<op> <=>|<<=|>>=|\.\.\.|::|->|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^<>=!]=|[^\s\w] )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def tokens_of(text):
    return [
        Token(found.lastgroup, found.group(), found.start())
        for found in _TOKEN.finditer(text)
        if found.lastgroup not in ("comment", "directive")
    ]


@dataclass
class Brace:
    """What stands between a `{` and its `}`."""

    kind: str  # code, class or data
    function: bool = False  # of a function or a lambda, not of a control statement
    returns: Optional[str] = None  # the type as it is written; None where none is, as in a lambda


_OPENS = {"(": ")", "[": "]", "{": "}"}
_AFTER_PARAMETERS = {"const", "noexcept", "override", "mutable", "final", "&", "&&"}
_CONTROL = {"if", "for", "while", "switch", "catch", "constexpr"}
_SPECIFIERS = {"static", "inline", "constexpr", "virtual", "explicit", "friend", "typename", "public",
               "private", "protected", ":", "const"}


@dataclass
class Source:
    """A file's text, taken apart."""

    text: str
    tokens: list = field(init=False)
    partner: dict = field(init=False)  # of each bracket, by index
    around: list = field(init=False)  # for each token the indices of the open brackets around it
    braces: dict = field(init=False)

    def __post_init__(self):
        self.tokens = tokens_of(self.text)
        self.partner, self.around, open_now = {}, [], []
        for i, token in enumerate(self.tokens):
            if token.kind == "op" and token.text in _OPENS.values() and open_now:
                self.partner[i] = open_now[-1]
                self.partner[open_now.pop()] = i
            self.around.append(tuple(open_now))
            if token.kind == "op" and token.text in _OPENS:
                open_now.append(i)
        self.braces = {}
        for i in range(len(self.tokens)):
            if self.is_op(i, "{") and i in self.partner:
                self.braces[i] = self._classify(i)

    def is_op(self, i, *texts):
        return 0 <= i < len(self.tokens) and self.tokens[i].kind == "op" and self.tokens[i].text in texts

    def word(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) and self.tokens[i].kind == "word" else ""

    def spaced(self, i):
        """True if white space is on both sides."""
        token = self.tokens[i]
        return (token.start > 0 and self.text[token.start - 1].isspace()
                and self.text[token.end:token.end + 1].isspace())

    def slice(self, first, last):
        """The text from one token to another, both included."""
        return self.text[self.tokens[first].start:self.tokens[last].end] if first <= last else ""

    def statement_end(self, first):
        """The semicolon that ends what begins there; None if its brackets end before one."""
        i = first
        while i < len(self.tokens):
            if self.is_op(i, ";"):
                return i
            if self.is_op(i, ")", "]", "}"):
                return None
            i = self.partner.get(i, len(self.tokens)) + 1 if self.is_op(i, "(", "[", "{") else i + 1
        return None

    def function_around(self, i):
        """The innermost function or lambda whose body holds the token."""
        for at in reversed(self.around[i]):
            if at in self.braces and self.braces[at].function:
                return self.braces[at]
        return None

    def in_code(self, i):
        """True directly within the braces of a function or a control statement."""
        return bool(self.around[i]) and self.around[i][-1] in self.braces and \
            self.braces[self.around[i][-1]].kind == "code"

    def _header_start(self, brace):
        """The first token of what the brace belongs to."""
        i = brace - 1
        while i >= 0:
            if self.is_op(i, ")", "]") or (self.is_op(i, "}") and (i == brace - 1 or self.is_op(i + 1, ","))):
                i = self.partner.get(i, 0) - 1
            elif self.is_op(i, ";", "{", "}", "(", "["):
                break
            else:
                i -= 1
        return i + 1

    def _classify(self, brace):
        last = brace - 1
        if self.word(last) in ("else", "do", "try") or self.is_op(last, ";", "}") and not self._has_initializers(brace):
            return Brace("code")
        if self.is_op(last, "{", ":"):
            outer = self.braces.get(self.around[brace][-1]) if self.around[brace] else None
            return Brace(outer.kind if outer and outer.kind == "data" else "code")
        while self.word(last) in _AFTER_PARAMETERS or self.is_op(last, "&", "&&"):
            last -= 1
        start = self._header_start(brace)
        arrow = next((i for i in range(last, start, -1) if self.is_op(i, "->") and self.is_op(i - 1, ")", "]")
                      and self.around[i] == self.around[brace]), None)
        if arrow is not None and not self.is_op(last, ")"):
            return Brace("code", True, self.slice(arrow + 1, last))
        if self.is_op(last, ")"):
            before = self.partner.get(last, 0) - 1
            if self.word(before) in _CONTROL:
                return Brace("code")
            if self.is_op(before, "]"):
                return Brace("code", True)
            return Brace("code", True, self._return_type(start, brace))
        if self.is_op(last, "]"):
            return Brace("code", True)
        if self._has_initializers(brace):
            return Brace("code", True, "")
        if self._first_word(start) in ("class", "struct", "union", "namespace"):
            return Brace("class")
        return Brace("data")

    def _has_initializers(self, brace):
        """True for `Name(parameters) : member{value} {`."""
        start = self._header_start(brace)
        return any(self.is_op(i, ")") and self.is_op(i + 1, ":") and self.around[i + 1] == self.around[brace]
                   for i in range(start, brace - 1))

    def _after_template(self, start):
        while self.word(start) == "template":
            depth, start = 0, start + 1
            while start < len(self.tokens):
                depth += self.is_op(start, "<") - self.is_op(start, ">") - 2 * self.is_op(start, ">>")
                start += 1
                if depth <= 0:
                    break
        return start

    def _first_word(self, start):
        start = self._after_template(start)
        return self.word(start + 1) if self.word(start) == "inline" else self.word(start)

    def _return_type(self, start, brace):
        """Of `TYPE name(parameters)`; empty for a constructor."""
        start = self._after_template(start)
        while start < brace and (self.word(start) in _SPECIFIERS or self.is_op(start, "[", ":")):
            start = self.partner.get(start, start) + 1 if self.is_op(start, "[") else start + 1
        opening = next((i for i in range(start, brace) if self.is_op(i, "(")
                        and self.around[i] == self.around[brace]), start)
        name = opening - 1
        operator = next((i for i in range(start, opening) if self.word(i) == "operator"), None)
        if operator is not None:
            name = operator
        while self.is_op(name - 1, "::") and self.word(name - 2):
            name -= 2
        return self.slice(start, name - 1)
