"""What the run says: a line for each mutant, and at the end a table and the survivors."""
import shutil
import sys
from collections import Counter

from results import NOT_BUILT, NOTICED, SAME_CODE, SET_ASIDE, SURVIVED


class Progress:
    """On a terminal one line in its place; elsewhere a line for each mutant."""

    def __init__(self, out=None):
        self.out = out or sys.stdout
        self.alive = self.out.isatty()

    def note(self, text):
        if self.alive:
            width = shutil.get_terminal_size().columns - 1
            self.out.write("\r\033[K" + text[:width])
            self.out.flush()

    def phase(self, text):
        """A note that is worth a line elsewhere."""
        if self.alive:
            self.note(text)
        else:
            self.line(text)

    def clear(self):
        if self.alive:
            self.out.write("\r\033[K")

    def line(self, text):
        self.clear()
        print(text, file=self.out, flush=True)

    def tell(self, result, kept):
        """Survivors are told everywhere, as they are found."""
        if not self.alive or result.outcome == SURVIVED:
            by = f" by {result.by}" + (f" ({result.how})" if result.how != "failed" else "") if result.by else ""
            again = " (known)" if kept else f" ({result.seconds:.0f} s)"
            self.line(f"{result.outcome}{by}{again}: {result.file}:{result.line}: "
                      f"{result.original}  =>  {result.mutated}")


def table(results, explained):
    """`explained` counts the equivalent mutants of each file."""
    heads = ["file", "mutants", "noticed", "survived", "set aside", "explained", "same code", "not built"]
    rows = []
    for file in sorted({result.file for result in results} | set(explained)):
        of = Counter(result.outcome for result in results if result.file == file)
        rows.append([file, of[NOTICED] + of[SURVIVED] + of[SET_ASIDE], of[NOTICED], of[SURVIVED], of[SET_ASIDE],
                     explained.get(file, 0), of[SAME_CODE], of[NOT_BUILT]])
    rows.append(["all", *(sum(row[i] for row in rows) for i in range(1, len(heads)))])
    width = max(len(row[0]) for row in rows + [heads])
    lines = [f"{row[0]:{width}}" + "".join(f"  {cell:>{len(head)}}" for cell, head in zip(row[1:], heads[1:]))
             for row in [heads] + rows]
    return "\n".join(lines)


def noticed_by(results):
    by = Counter(result.by for result in results if result.outcome == NOTICED)
    limits = Counter(result.how for result in results if result.outcome == NOTICED and result.how != "failed")
    lines = [f"  {count:5} {suite}" for suite, count in by.most_common()]
    lines += [f"  {count:5} of these by {limit}" for limit, count in sorted(limits.items())]
    return "\n".join(["noticed by", *lines]) if lines else ""


def survivors(results):
    texts = []
    for result in results:
        if result.outcome == SURVIVED:
            texts.append(f"{result.file}:{result.line} ({result.rule})\n- {result.original}\n+ {result.mutated}\n"
                         f"  ./cutover test --mutants {result.name}")
    return "\n\n".join(texts)
