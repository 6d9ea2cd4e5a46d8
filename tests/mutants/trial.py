"""One mutant, tried: built, and its suites asked until one notices it."""
import json
import time

import running
from fence import Fence
from results import NOT_BUILT, NOTICED, SAME_CODE, SET_ASIDE, SURVIVED, Result
from suites import in_order, is_asked_first, is_specification
from workshop import Trouble

_MOST_BYTES = 6 << 30
_TRIES = 3  # of a suite without a mutant: some have deadlines of their own, and the machine may be busy
_SLOW = 2  # times as long as without a mutant: a failure may be such a deadline, and is asked for again
_FIRST = running.Limits(7200, resident=_MOST_BYTES)


class Unproven(Exception):
    """A suite is to be asked that was not yet seen to pass without a mutant."""

    def __init__(self, suite):
        super().__init__(suite.name)
        self.suite = suite


class Bench:
    """The suites over the sources without a mutant: what is built then, that they pass, and how long
    they take. Each is proven to pass before it is first asked of a mutant. That counts again as long as
    what it runs is the same: build/mutants/baseline.json."""

    def __init__(self, workshop, suites):
        self.workshop, self.suites = workshop, suites
        workshop.fresh_scratch()
        self.fence = Fence(workshop.scratch)
        self.file = workshop.folder / "baseline.json"
        self._known = json.loads(self.file.read_text()) if self.file.is_file() else {}
        self.seconds, self.busy, self.identity = {}, {}, {}

    def build(self):
        self.workshop.build_all(sorted({suite.target for suite in self.suites}))
        for suite in self.suites:
            self.identity[suite.name] = self.built(suite)
            if self._key(suite) in self._known:
                self.seconds[suite.name], self.busy[suite.name] = self._known[self._key(suite)]

    def _key(self, suite):
        return f"{suite.name} {self.identity[suite.name]} {self.workshop.read_by(suite)}"

    def prove(self, suite):
        """Raises Trouble if it does not pass. The build has to be without a mutant."""
        for _ in range(_TRIES):
            ended = self.ask(suite, _FIRST)
            if ended.status == 0:
                break
        else:
            raise Trouble(f"{suite.name} does not pass without a mutant; see {self.log}")
        self._known[self._key(suite)] = [round(ended.seconds, 2), round(ended.busy, 2)]
        self.seconds[suite.name], self.busy[suite.name] = self._known[self._key(suite)]
        self.file.write_text(json.dumps(self._known, indent=0))

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
        command = self.fence.around(suite.command(self.workshop.build))
        return running.run(command, self.workshop.scratch, self.log, limits, environment)


class Trial:
    def __init__(self, workshop, bench):
        self.workshop, self.bench = workshop, bench
        self.everything = workshop.everything()
        self._passed = set()  # the suites that did not notice the mutant in hand

    def __call__(self, mutant, note, again=False):
        """The result. The copy of the sources is afterwards as it was. `note` hears what goes on.
        Only the suites that are asked first are asked, and the others of a mutant that was set aside,
        when it is tried `again`."""
        text, content = self.workshop.text(mutant.file), self.workshop.content(mutant.file)
        ask = self._ask_of_module if is_specification(mutant.file) else self._ask_of_code
        self._passed = set()
        while True:
            started = time.monotonic()
            try:
                with self.workshop.with_change(mutant.file, mutant.apply(text)):
                    outcome, by, how = ask(mutant, note, again)
                break
            except Unproven as first:
                note(f"{first.suite.name} without a mutant")
                self.bench.prove(first.suite)
        return Result(mutant.name, mutant.file, mutant.line, mutant.rule, mutant.original, mutant.mutated, outcome,
                      by, how, round(time.monotonic() - started, 1), content, self.everything)

    def _ask_of_code(self, mutant, note, again):
        objects = self.workshop.objects(mutant.file)
        if objects:
            note("compiling")
            if not self.workshop.make(list(objects)):
                return NOT_BUILT, "", ""
            if all(self.workshop.digest(name) == digest for name, digest in objects.items()):
                return SAME_CODE, "", ""
        outcome = SURVIVED if again else SAME_CODE
        for suite in in_order(mutant.file, self.bench.suites, self.bench.busy):
            first = is_asked_first(suite, mutant.file)
            if again and first:
                continue
            if not again and not first and outcome == SURVIVED:
                return SET_ASIDE, "", ""
            note(f"building {suite.target}")
            if not self.workshop.make([suite.target]):
                return NOT_BUILT, "", ""
            if self.bench.built(suite) == self.bench.identity[suite.name]:
                continue
            outcome = SURVIVED
            if how := self._ask(suite, note):
                return NOTICED, suite.name, how
        return outcome, "", ""

    def _ask_of_module(self, mutant, note, again):
        if mutant.file.endswith(".tla") and not self.workshop.parses(mutant.file):
            return NOT_BUILT, "", ""
        for suite in in_order(mutant.file, self.bench.suites, self.bench.busy):
            if is_asked_first(suite, mutant.file) == again:
                continue
            if how := self._ask(suite, note):
                return NOTICED, suite.name, how
        return SURVIVED if again else SET_ASIDE, "", ""

    def _ask(self, suite, note):
        """How it noticed; empty if it did not."""
        if suite.name not in self.bench.seconds:
            raise Unproven(suite)
        if suite.name in self._passed:
            return ""
        note(suite.name)
        limits = self.bench.limits(suite)
        ended = self.bench.ask(suite, limits)
        if ended.status != 0 and not ended.limit and ended.seconds > _SLOW * self.bench.seconds[suite.name] + 1:
            ended = self.bench.ask(suite, limits)
        if ended.status == 0:
            self._passed.add(suite.name)
            return ""
        return ended.limit or "failed"
