"""`./cutover test --mutants`: changes the files that decide verdicts, one place at a time, and lists the
changes that no test notices."""
import argparse
import fcntl
import os
import random
import re
import signal
import sys
import time
from pathlib import Path

import equivalents
import report
import running
from drawing import Draw
from fence import may_kill
from mutants import DEFAULT_FILES, mutants_of, shuffled
from results import NOT_BUILT, SAME_CODE, SET_ASIDE, SURVIVED, Results
from suites import all_suites
from trial import Bench, Trial
from workshop import Trouble, Workshop

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

OK, UNEXPLAINED, USAGE, NOT_DONE, INTERRUPTED = 0, 1, 2, 3, 130

_ABOUT = """\
Changes the files that decide verdicts, one place at a time, in a copy of the sources; builds what
depends on the change, asks the tests in the order in which they are likely to notice, and lists the
mutants that none noticed: a survivor is a test that is missing, or a change that makes no difference.
The latter is written down with its reason in tests/mutants/equivalent.txt."""

_MORE = """\
A mutant that does not compile, or compiles to the same code, counts for nothing, and another is drawn.
One that the unit tests and those of its part do not notice is set aside: the slow tests are asked once
all others were tried.
What was found out is kept in build/mutants/: a run may be ended in any way, and goes on where it was.
A noticed mutant is not tried again until its file changes, a survivor once anything does. Best on a
machine that does nothing else: some tests have deadlines.

Exit status: 0 every survivor is explained; 1 not so; 2 bad usage, or a test fails without a mutant;
3 the budget ended before the sample was done.

Examples:
  ./cutover test --mutants --budget 8h                       a night's run over all files
  ./cutover test --mutants --sample 300 --seed 7             300 of them, evenly over the files
  ./cutover test --mutants crashsim/explore/moves.h                  all of one file
  ./cutover test --mutants crashsim/explore/moves.h:84 --list        which there are in one line
  ./cutover test --mutants 1f0c9a3e                          this one again, whatever is known of it"""


class Usage(Exception):
    pass


def seconds_of(text):
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' is no time: write 900, 90m or 8h")
    return float(found[1]) * {"h": 3600, "m": 60}.get(found[2], 1)


def positive(text):
    if not re.fullmatch(r"[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of mutants")
    return int(text)


def parser():
    parser = argparse.ArgumentParser(prog="./cutover test --mutants", description=_ABOUT, epilog=_MORE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="FILE | FILE:LINE | MUTANT",
                        help="files, lines, or mutants by the names that survivors are listed with; the "
                             "default: the files that decide verdicts")
    parser.add_argument("--budget", type=seconds_of, metavar="TIME", help="ends after 900 (seconds), 90m or 8h")
    parser.add_argument("--sample", type=positive, metavar="N", help="N mutants, evenly over the files; else all")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (default: 1)")
    parser.add_argument("--list", action="store_true", help="prints what would be tried, and tries nothing")
    parser.add_argument("--fresh", action="store_true", help="forgets what is known of mutants")
    return parser


def default_files(root):
    files = []
    for pattern in DEFAULT_FILES:
        files += [str(path.relative_to(root)) for path in sorted(root.glob(pattern))]
    return list(dict.fromkeys(files))


def group(file):
    """What a sample is spread evenly over: files, but all configurations are one."""
    return "tla/*/*/*.cfg" if file.endswith(".cfg") else file


class Choice:
    """What the command line asks for."""

    def __init__(self, root, what, seed):
        self.root, self.seed = root, seed
        self._mutants = {}
        self.named = False  # lines or mutants are: they are tried again
        self.queues = {}
        if not what:
            for file in default_files(root):
                self.queues.setdefault(group(file), []).extend(self.of(file))
            order = [(name, shuffled(mutants, seed)) for name, mutants in self.queues.items() if mutants]
            random.Random(seed).shuffle(order)
            self.queues = dict(order)
        for each in what:
            file, mutants = self._asked(each)
            queue = self.queues.setdefault(group(file), [])
            queue += [mutant for mutant in mutants if mutant not in queue]

    def of(self, file):
        """All mutants of a file, or None if there is no such file."""
        if file not in self._mutants:
            path = self.root / file
            self._mutants[file] = mutants_of(file, path.read_text()) if path.is_file() else None
        return self._mutants[file]

    def _asked(self, each):
        if re.fullmatch(r"[0-9a-f]{8}", each):
            self.named = True
            for file in dict.fromkeys(default_files(self.root) + list(self._code())):
                found = [mutant for mutant in self.of(file) or [] if mutant.name == each]
                if found:
                    return file, found
            raise Usage(f"there is no mutant {each} any more")
        file, _, line = each.partition(":")
        path = (Path.cwd() / file) if (Path.cwd() / file).is_file() else self.root / file
        if not path.is_file() or not path.resolve().is_relative_to(self.root):
            raise Usage(f"there is no file {file}")
        file = str(path.resolve().relative_to(self.root))
        if not file.endswith((".h", ".cpp", ".tla", ".cfg")):
            raise Usage(f"{file}: only C++ and TLA+ can be mutated")
        if not line:
            return file, shuffled(self.of(file), self.seed)
        self.named = True
        return file, [mutant for mutant in self.of(file) if str(mutant.line) == line]

    def _code(self):
        for folder in ("model", "crashsim", "properties", "impl", "tla", "cli", "system"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".h", ".cpp", ".tla", ".cfg"):
                    yield str(path.relative_to(self.root))


class Session:
    """One run of the command."""

    def __init__(self, options, root=ROOT):
        self.options = options
        self.folder = root / "build/mutants"
        self.choice = Choice(root, options.what, options.seed)
        self.progress = report.Progress()
        text = (HERE / "equivalent.txt").read_text()
        self.explained, self.complaints = equivalents.explained(equivalents.read(text), self.choice.of)
        if not self.choice.named:
            self.queues = {file: [mutant for mutant in queue if mutant.name not in self.explained]
                           for file, queue in self.choice.queues.items()}
        else:
            self.queues = self.choice.queues
        self.draw = Draw(self.queues, options.sample)
        self.results = {}  # by the mutants' names

    def list(self):
        for mutant, count in self.draw:
            print(f"{mutant.name} {mutant.file}:{mutant.line} ({mutant.rule})\n- {mutant.original}\n+ {mutant.mutated}")
            count()
        return OK

    def run(self, compiler):
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = open(self.folder / "lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble("another run is under way in build/mutants") from None
        running.kill_left_over(f"CUTOVER_MUTANTS={self.folder}")
        os.environ["CUTOVER_MUTANTS"] = str(self.folder)
        file = self.folder / "results.jsonl"
        if self.options.fresh:
            file.unlink(missing_ok=True)
        started = time.monotonic()
        self.progress.line(f"seed {self.options.seed}: {self.draw.wanted} of "
                           f"{sum(map(len, self.queues.values()))} mutants")
        workshop = Workshop(self.choice.root, self.folder)
        workshop.sync()
        workshop.configure(compiler)
        bench = Bench(workshop, all_suites(workshop.text("tests/CMakeLists.txt")))
        self.progress.phase("building the sources without a mutant")
        bench.build()
        trial, known, aside = Trial(workshop, bench), Results(file), []

        def spent():
            return self.options.budget is not None and time.monotonic() - started > self.options.budget

        if bench.fence.strength == 0:
            self.progress.line("no namespace to fence mutants in: those of files that kill processes are left out")
        for mutant, count in self.draw:
            if bench.fence.strength == 0 and may_kill(workshop.text(mutant.file)):
                continue
            result = None if self.choice.named else known.of(mutant, workshop.content(mutant.file), trial.everything)
            kept = result is not None
            if not kept:
                if spent():
                    return NOT_DONE
                result = trial(mutant, self._noting(mutant, f"{self.draw.real + 1} of {self.draw.wanted}"))
                known.keep(result)
            self.results[mutant.name] = result
            self.progress.tell(result, kept)
            if result.outcome == SET_ASIDE:
                aside.append(mutant)
            if result.outcome not in (NOT_BUILT, SAME_CODE):
                count()
        for place, mutant in enumerate(aside, 1):
            if spent():
                return NOT_DONE
            result = trial(mutant, self._noting(mutant, f"set aside, {place} of {len(aside)}"), again=True)
            known.keep(result)
            self.results[mutant.name] = result
            self.progress.tell(result, False)
        return OK

    def _noting(self, mutant, place):
        return lambda what: self.progress.note(f"{place}: {mutant.file}:{mutant.line}: {what}")

    def conclude(self, status):
        """Prints the end, and says what to exit with."""
        self.progress.clear()
        explained = {}
        for entry in self.explained.values():
            if group(entry.file) in self.queues:
                explained[entry.file] = explained.get(entry.file, 0) + 1
        print()
        results = list(self.results.values())
        print(report.table(results, explained))
        for text in (report.noticed_by(results), report.survivors(results)):
            if text:
                print("\n" + text)
        for complaint in self.complaints:
            print(f"\ntests/mutants/equivalent.txt, {complaint}")
        if status != OK:
            why = "interrupted" if status == INTERRUPTED else "the budget has ended"
            print(f"\n{why} after {self.draw.real} of {self.draw.wanted}; the same command goes on from here")
        if status == INTERRUPTED:
            return status
        return UNEXPLAINED if any(result.outcome == SURVIVED for result in results) else status


class Interrupted(Exception):
    pass


def _interrupt(*_):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interrupted


def main(arguments):
    options = parser().parse_args(arguments)
    try:
        session = Session(options)
        if options.list:
            return session.list()
        signal.signal(signal.SIGINT, _interrupt)
        signal.signal(signal.SIGTERM, _interrupt)
        running.adopt_orphans()
        try:
            status = session.run(os.environ.get("CXX", "c++"))
        except Interrupted:
            status = INTERRUPTED
        return session.conclude(status)
    except (Usage, Trouble) as error:
        print(f"cutover: {error}", file=sys.stderr)
    except equivalents.Malformed as error:
        print(f"cutover: tests/mutants/equivalent.txt, {error}", file=sys.stderr)
    return USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
