"""One mutant, tried: built, and its suites asked until one notices it."""
import json
import time

import running
from results import NOT_BUILT, NOTICED, SAME_CODE, SURVIVED, Result
from suites import in_order, is_specification
from workshop import Trouble

_MOST_BYTES = 6 << 30
_TRIES = 3  # of a suite without a mutant: some have deadlines of their own, and the machine may be busy
_SLOW = 2  # times as long as without a mutant: a failure may be such a deadline, and is asked for again
_FIRST = running.Limits(7200, resident=_MOST_BYTES)


class Bench:
    """The suites over the sources without a mutant: that they pass, how long they take, and what is
    built then. A pass counts again as long as what it ran is the same: build/mutants/baseline.json."""

    def __init__(self, workshop, suites, note):
        self.workshop, self.suites, self.note = workshop, suites, note
        self.file = workshop.folder / "baseline.json"
        self.seconds, self.busy, self.identity = {}, {}, {}

    def prepare(self):
        """Raises Trouble if a suite does not pass."""
        self.note("building the sources without a mutant")
        self.workshop.build_all(sorted({suite.target for suite in self.suites}))
        known = json.loads(self.file.read_text()) if self.file.is_file() else {}
        for number, suite in enumerate(self.suites, 1):
            self.identity[suite.name] = self.built(suite)
            key = f"{suite.name} {self.identity[suite.name]} {self.workshop.read_by(suite)}"
            if key not in known:
                self.note(f"without a mutant: {number} of {len(self.suites)}, {suite.name}")
                for _ in range(_TRIES):
                    ended = self.ask(suite, _FIRST)
                    if ended.status == 0:
                        break
                else:
                    raise Trouble(f"{suite.name} does not pass without a mutant; see {self.log}")
                known[key] = [round(ended.seconds, 2), round(ended.busy, 2)]
                self.file.write_text(json.dumps(known, indent=0))
            self.seconds[suite.name], self.busy[suite.name] = known[key]

    @property
    def log(self):
        return self.workshop.folder / "suite.log"

    def built(self, suite):
        """What the suite's executables are known by."""
        if suite.is_check:
            return self.workshop.digest("cutover")
        executable = f"tests/{suite.name}"
        own = self.workshop.digest(executable)
        return own + self.workshop.digest("cutover") if self.workshop.uses_command(executable) else own

    def limits(self, suite):
        seconds, busy = self.seconds[suite.name], self.busy[suite.name]
        return running.Limits(seconds * 5 + busy * 20 + 120, busy * 3 + 10, _MOST_BYTES)

    def ask(self, suite, limits):
        environment = self.workshop.fresh_scratch()
        return running.run(suite.command(self.workshop.build), self.workshop.scratch, self.log, limits, environment)


class Trial:
    def __init__(self, workshop, bench):
        self.workshop, self.bench = workshop, bench
        self.everything = workshop.everything()

    def __call__(self, mutant, note):
        """The result. The copy of the sources is afterwards as it was. `note` hears what goes on."""
        started = time.monotonic()
        text, content = self.workshop.text(mutant.file), self.workshop.content(mutant.file)
        with self.workshop.with_change(mutant.file, mutant.apply(text)):
            ask = self._ask_of_module if is_specification(mutant.file) else self._ask_of_code
            outcome, by, how = ask(mutant, note)
        return Result(mutant.name, mutant.file, mutant.line, mutant.rule, mutant.original, mutant.mutated, outcome,
                      by, how, round(time.monotonic() - started, 1), content, self.everything)

    def _ask_of_code(self, mutant, note):
        objects = self.workshop.objects(mutant.file)
        if objects:
            note("compiling")
            if not self.workshop.make(list(objects)):
                return NOT_BUILT, "", ""
            if all(self.workshop.digest(name) == digest for name, digest in objects.items()):
                return SAME_CODE, "", ""
        outcome = SAME_CODE
        for suite in in_order(mutant.file, self.bench.suites, self.bench.busy):
            note(f"building {suite.target}")
            if not self.workshop.make([suite.target]):
                return NOT_BUILT, "", ""
            if self.bench.built(suite) == self.bench.identity[suite.name]:
                continue
            outcome = SURVIVED
            if how := self._ask(suite, note):
                return NOTICED, suite.name, how
        return outcome, "", ""

    def _ask_of_module(self, mutant, note):
        if mutant.file.endswith(".tla") and not self.workshop.parses(mutant.file):
            return NOT_BUILT, "", ""
        for suite in in_order(mutant.file, self.bench.suites, self.bench.busy):
            if how := self._ask(suite, note):
                return NOTICED, suite.name, how
        return SURVIVED, "", ""

    def _ask(self, suite, note):
        """How it noticed; empty if it did not."""
        note(suite.name)
        limits = self.bench.limits(suite)
        ended = self.bench.ask(suite, limits)
        if ended.status != 0 and not ended.limit and ended.seconds > _SLOW * self.bench.seconds[suite.name] + 1:
            ended = self.bench.ask(suite, limits)
        return ended.limit or ("failed" if ended.status != 0 else "")
