"""How C++ is mutated: what a careless programmer writes instead.

Each rule is a function of a taken-apart source that yields edits. Untouched are comments, strings
(but for those of sql_rules.py), directives, attributes, static_assert and CUTOVER_CHECK, and what a
thrown error says.
"""
import re

from edits import Edit

_COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_LOGIC = {"&&": "||", "||": "&&"}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "+=": "-=", "-=": "+=", "|": "&", "&": "|",
               "<<": ">>", ">>": "<<", "|=": "&=", "&=": "|="}
_TWINS = {"min": "max", "max": "min", "all_of": "any_of", "any_of": "all_of", "front": "back", "back": "front",
          "lower_bound": "upper_bound"}
_NOT_EXPRESSIONS = {"return", "co_return", "if", "for", "while", "do", "switch", "case", "default", "break", "continue",
                    "goto", "using", "typedef", "template", "class", "struct", "enum", "union", "const", "constexpr",
                    "static", "auto", "else", "try", "catch", "public", "private", "protected", "friend",
                    "static_assert", "namespace", "CUTOVER_CHECK", "void", "extern", "thread_local", "static_cast"}


def comparison(source):
    return _swap(source, "comparison", _COMPARISONS)


def logic(source):
    return _swap(source, "logic", _LOGIC)


def arithmetic(source):
    yield from _swap(source, "arithmetic", _ARITHMETIC)
    for i, token in enumerate(source.tokens):
        if source.is_op(i, "++", "--"):
            yield _replace("arithmetic", token, "--" if token.text == "++" else "++")
        if source.is_op(i, "|=", "&=", "+=", "-="):
            yield _replace("arithmetic", token, "=")


def _swap(source, rule, twins):
    for i, token in enumerate(source.tokens):
        if token.kind == "op" and token.text in twins and source.spaced(i) and source.word(i - 1) != "operator":
            yield _replace(rule, token, twins[token.text])


def dropped_not(source):
    for i, token in enumerate(source.tokens):
        if source.is_op(i, "!") and not source.spaced(i):
            yield _replace("dropped not", token, "")


def constant(source):
    for token in source.tokens:
        number = re.fullmatch(r"(\d+)([uUlLzZ]*)", token.text) if token.kind == "number" else None
        if not number or len(token.text) > 1 and token.text[0] == "0" and number[1] != "0":
            continue
        yield _replace("constant", token, f"{int(number[1]) + 1}{number[2]}")
        if number[1] == "1":
            yield _replace("constant", token, f"0{number[2]}")


def truth(source):
    for token in source.tokens:
        if token.kind == "word" and token.text in ("true", "false"):
            yield _replace("truth", token, "false" if token.text == "true" else "true")


def twin(source):
    """A function for its twin, and `continue` for `break`."""
    for i, token in enumerate(source.tokens):
        if token.kind != "word":
            continue
        if token.text in _TWINS and source.is_op(i + 1, "("):
            yield _replace("twin", token, _TWINS[token.text])
        if token.text in ("continue", "break"):
            yield _replace("twin", token, "break" if token.text == "continue" else "continue")


def condition(source):
    """Conditions that are always true, never true, or the other way round."""
    for i, token in enumerate(source.tokens):
        if source.word(i) not in ("if", "while") or not source.is_op(i + 1, "("):
            continue
        opening, closing = i + 1, source.partner[i + 1]
        if source.word(i) == "while" and source.is_op(closing + 1, ";"):
            continue  # of a do
        parts = [j for j in range(opening + 1, closing) if source.is_op(j, ";") and source.around[j][-1] == opening]
        first = parts[-1] + 1 if parts else opening + 1
        start, end = source.tokens[first].start, source.tokens[closing].start
        text = source.text[start:end]
        declares = not parts and re.match(r"(const\s+)?(auto|[\w:]+(<.*?>)?)\b[\s*&]+\w+\s*=[^=]", text)
        keep = text + "; " if declares else ""
        if source.word(i) == "while":
            yield Edit("condition", start, end, keep + "false")
            continue
        yield Edit("condition", start, end, keep + "true")
        yield Edit("condition", start, end, keep + "false")
        if not declares:
            yield Edit("condition", start, end, f"!({text})")
    yield from _ternaries(source)


def _ternaries(source):
    for i in range(len(source.tokens)):
        if not (source.is_op(i, "?") and source.spaced(i)):
            continue
        first = i
        while first > 0 and source.around[first - 1] == source.around[i] and not (
                source.is_op(first - 1, "=", ",", ";", ":", "?", "+=", "|=", "{", "}") or
                source.word(first - 1) in ("return", "co_return", "case")):
            first -= 1
            if source.is_op(first, ")", "]", "}"):
                first = source.partner[first]
        if source.is_op(first, "(", "[", "{") and source.partner[first] > i:
            first += 1
        for value in ("true", "false"):
            yield Edit("condition", source.tokens[first].start, source.tokens[i - 1].end, value)


def dropped_term(source):
    """One operand less of `a && b && c`."""
    for i, token in enumerate(source.tokens):
        if not (source.is_op(i, "&&", "||") and source.spaced(i)):
            continue
        stops = ["=", ",", ";", "?", ":", "{", "}", "<<", token.text] + (["||"] if token.text == "&&" else [])

        def ends(j):
            return source.is_op(j, *stops) or source.word(j) in ("return", "co_return", "if", "while")

        last = i
        while last + 1 < len(source.tokens) and source.around[last + 1] == source.around[i] and not ends(last + 1) \
                and not source.is_op(last + 1, ")", "]"):
            last = source.partner[last + 1] if source.is_op(last + 1, "(", "[", "{") else last + 1
        if last > i:
            yield Edit("dropped term", source.tokens[i - 1].end, source.tokens[last].end, "")
        first = i
        while first > 0 and source.around[first - 1] == source.around[i] and not ends(first - 1):
            before = first - 1
            first = source.partner[before] if source.is_op(before, ")", "]", "}") else before
            if source.is_op(first, "(", "[") and source.partner[first] > i:
                first += 1
                break
        if first < i:
            yield Edit("dropped term", source.tokens[first].start, source.tokens[i + 1].start, "")


def dropped_else(source):
    for i, token in enumerate(source.tokens):
        if source.word(i) == "else":
            yield Edit("dropped else", token.start, source.tokens[i + 1].start, "")


def dropped_statement(source):
    """An expression that is a statement of its own: a call, an assignment, a `throw`."""
    for first in range(1, len(source.tokens)):
        if not _begins_statement(source, first):
            continue
        last = source.statement_end(first)
        if last is not None and _is_expression(source, first, last):
            yield Edit("dropped statement", source.tokens[first].start, source.tokens[last].end, ";")


def _begins_statement(source, first):
    if not source.in_code(first) or source.is_op(first, ";", "{", "}"):
        return False
    before = first - 1
    if source.is_op(before, ")"):
        opening = source.partner[before]
        return source.word(opening - 1) in ("if", "for", "while", "constexpr")
    return source.is_op(before, ";", "{", "}") or source.word(before) == "else" or _is_label(source, before)


def _is_label(source, colon):
    """True for the colon of `case NAME:`, not for that of `a ? b : c`."""
    first = colon
    while source.is_op(colon, ":") and first > 0 and not source.is_op(first, ";", "{", "}", "?"):
        if source.word(first) in ("case", "default"):
            return True
        first -= 1
    return False


def _is_expression(source, first, last):
    if source.word(first) in _NOT_EXPRESSIONS:
        return False
    if source.word(first) in ("throw", "co_await", "delete") or source.is_op(first, "++", "--", "*", "("):
        return True
    i = first
    while i < last:  # `name(`, `a.b =`, but not `Type name`
        if source.is_op(i, "(", "="):
            return True
        if source.tokens[i].kind == "op" and (source.tokens[i].text.endswith("=") or source.is_op(i, "++", "--", "<<")):
            return True
        if source.tokens[i].kind == "word" and i + 1 < last and (
                source.tokens[i + 1].kind == "word" or source.is_op(i + 1, "&", "*", "&&", "{")):
            return False
        if source.is_op(i, ">", ">>") and source.tokens[i + 1].kind == "word":
            return False
        i = source.partner[i] + 1 if source.is_op(i, "[") else i + 1
    return False


_BOOLEAN = re.compile(r"\s(==|!=|<|>|<=|>=|&&|\|\|)\s|^!|^true$|^false$")


def replaced_return(source):
    for i, token in enumerate(source.tokens):
        if source.word(i) not in ("return", "co_return") or source.is_op(i + 1, ";"):
            continue
        last = source.statement_end(i)
        if last is None:
            continue
        value = source.slice(i + 1, last - 1)
        function = source.function_around(i)
        for other in _other_values(function.returns if function else None, value, source.word(i) == "co_return"):
            if other != value:
                yield Edit("replaced return", source.tokens[i + 1].start, source.tokens[last - 1].end, other)


def _other_values(returns, value, is_coroutine):
    if returns is not None and is_coroutine:
        inner = re.fullmatch(r"(?:\w+::)*awaitable<(.*)>", returns)
        returns = inner[1] if inner else "void"
    if returns == "bool" or returns in (None, "auto") and _BOOLEAN.search(value):
        return ["true", "false"]
    if returns in (None, "auto", "void", "", "decltype(auto)") or returns.endswith("&"):
        return []
    if value in ("0", "false", "nullptr", "std::nullopt", "{}", '""') or returns.endswith("{}"):
        return []
    return [f"{returns}{{}}" if is_coroutine else "{}"]


def _replace(rule, token, text):
    return Edit(rule, token.start, token.end, text)


def untouchable(source):
    """Spans that no edit may lie within: (start, end)."""
    for i in range(len(source.tokens)):
        word = source.word(i)
        if word in ("static_assert", "CUTOVER_CHECK") and source.is_op(i + 1, "("):
            yield source.tokens[i].start, source.tokens[source.partner[i + 1]].end
        elif word == "throw":
            last = source.statement_end(i)
            if last is not None:
                yield source.tokens[i].end, source.tokens[last].start
        elif source.is_op(i, "[") and source.is_op(i + 1, "["):
            yield source.tokens[i].start, source.tokens[source.partner[i]].end


RULES = [comparison, logic, arithmetic, dropped_not, constant, truth, twin, condition, dropped_term, dropped_else,
         dropped_statement, replaced_return]
