#!/usr/bin/env python3
"""The mutator itself: what its rules make of small inputs, what they leave alone, how it draws, what
it keeps, and that no explanation of an equivalent mutant is stale. Builds nothing.

  python3 tests/mutants/mutants_test.py
"""
import contextlib
import io
import os
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path
from unittest import mock

import equivalents
import mutate
import running
from drawing import Draw
from fence import Fence
from mutants import mutants_of, shuffled
from results import NOTICED, SAME_CODE, SET_ASIDE, SURVIVED, Result, Results
from suites import all_suites, in_order, is_asked_first
from trial import Trial
from workshop import Workshop


def made_of(text, file="some.cpp"):
    """What becomes of each line: pairs of rule and mutated line."""
    return {(mutant.rule, mutant.mutated) for mutant in mutants_of(file, text)}


def in_function(body, signature="void f()"):
    return made_of(f"{signature} {{\n{body}\n}}\n")


def temporary_folder(test):
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    return Path(folder.name)


class RulesOfCpp(unittest.TestCase):
    def assert_makes(self, body, *expected, signature="void f()"):
        made = in_function(body, signature)
        for each in expected:
            self.assertIn(each, made)

    def test_operators(self):
        self.assert_makes("a = b < c;", ("comparison", "a = b <= c;"))
        self.assert_makes("a = b == c;", ("comparison", "a = b != c;"))
        self.assert_makes("a = b && c;", ("logic", "a = b || c;"))
        self.assert_makes("a = b + c;", ("arithmetic", "a = b - c;"))
        self.assert_makes("a |= b;", ("arithmetic", "a = b;"), ("arithmetic", "a &= b;"))
        self.assert_makes("++a;", ("arithmetic", "--a;"))
        self.assert_makes("g(!a);", ("dropped not", "g(a);"))

    def test_values(self):
        self.assert_makes("g(1u);", ("constant", "g(0u);"), ("constant", "g(2u);"))
        self.assert_makes("g(true);", ("truth", "g(false);"))
        self.assert_makes("g(std::min(a, b));", ("twin", "g(std::max(a, b));"))
        self.assert_makes("for (;;) break;", ("twin", "for (;;) continue;"))

    def test_conditions(self):
        self.assert_makes("if (a) g();", ("condition", "if (true) g();"), ("condition", "if (false) g();"),
                          ("condition", "if (!(a)) g();"))
        self.assert_makes("while (a) g();", ("condition", "while (false) g();"))
        self.assert_makes("if (const auto x = g()) h(x);", ("condition", "if (const auto x = g(); false) h(x);"))
        self.assert_makes("if (int x = g(); x) h(x);", ("condition", "if (int x = g(); true) h(x);"))
        self.assert_makes("a = g(b) ? 5 : 6;", ("condition", "a = true ? 5 : 6;"))

    def test_terms(self):
        self.assert_makes("if (a && g(b, c) && d) h();", ("dropped term", "if (a && d) h();"),
                          ("dropped term", "if (g(b, c) && d) h();"), ("dropped term", "if (a && g(b, c)) h();"))
        self.assert_makes("a = b || c && d;", ("dropped term", "a = c && d;"), ("dropped term", "a = b || c;"))
        self.assert_makes("if (a) g();\nelse h();", ("dropped else", "h();"))

    def test_statements(self):
        self.assert_makes("g(a, h(b));", ("dropped statement", ";"))
        self.assert_makes("a.b->c[d] = e;", ("dropped statement", ";"))
        self.assert_makes("if (a) g();", ("dropped statement", "if (a) ;"))
        self.assert_makes('throw Error(fmt::format("{}", a + 1));', ("dropped statement", ";"))
        self.assert_makes("co_await a.write(b);", ("dropped statement", ";"))
        self.assert_makes("switch (a) {\ncase B: g(); break;\n}", ("dropped statement", "case B: ; break;"))
        for declaration in ("Type name(a);", "std::vector<int> name = g();", "auto a = g();", "Type& a = b;",
                            "const std::lock_guard lock(mutex_);", "return g(h());"):
            self.assertNotIn("dropped statement", {rule for rule, _ in in_function(declaration)}, declaration)
        self.assertNotIn("dropped statement", {rule for rule, _ in in_function("return a ? b : g();")})
        self.assertEqual(set(), made_of("class A {\n  A(const A&) = delete;\n  B b_{c};\n};\n"))

    def test_returns(self):
        self.assert_makes("return g();", ("replaced return", "return true;"), ("replaced return", "return false;"),
                          signature="bool A::f(int a) const")
        self.assert_makes("return g();", ("replaced return", "return {};"), signature="std::optional<int> f()")
        self.assert_makes("co_return g();", ("replaced return", "co_return Answer{};"),
                          signature="awaitable<Answer> A::f()")
        self.assertNotIn("replaced return", {rule for rule, _ in in_function("return a;", "Type& f()")})
        self.assert_makes("g([](int a) { return a == b; });", ("replaced return", "g([](int a) { return true; });"))

    def test_left_alone(self):
        for line in ("// if (a < b) g(1);", "/* a && b */", "#include <a/1.h>", "#if A < 1", "static_assert(a == 1);",
                     "CUTOVER_CHECK(a && b < 1);", "[[maybe_unused]] Type a;", "std::vector<std::map<A, B>> a;",
                     "Type&& a;"):
            self.assertEqual(set(), in_function(line), line)
        self.assertEqual({("dropped statement", ";")}, in_function('g("a < b && !c 1 true");'))
        self.assertEqual({("dropped statement", ";")}, in_function('throw Error("a" + b, 1);'))

    def test_lines_stay(self):
        text = "void f() {\n  g(a,\n    b);\n  h();\n}\n"
        for mutant in mutants_of("some.cpp", text):
            self.assertEqual(text.count("\n"), mutant.apply(text).count("\n"), mutant)

    def test_sql(self):
        self.assert_makes('db.execute("PRAGMA synchronous = FULL");',
                          ("SQL", 'db.execute("PRAGMA synchronous = NORMAL");'))
        self.assertIn(("SQL", 'Statement a_{db_, "BEGIN"};'),
                      made_of('struct A {\n  Statement a_{db_, "BEGIN IMMEDIATE"};\n};'))
        self.assert_makes('run("DELETE FROM a WHERE key = ?");', ("SQL", 'run("DELETE FROM a WHERE 0 AND key = ?");'))


class RulesOfTla(unittest.TestCase):
    def test_modules(self):
        made = made_of(textwrap.dedent("""\
            (* a = b /\\ c \\in D *)
            Put(p) ==
              /\\ used.puts < Most  \\* TRUE = 1
              /\\ IF a = b THEN c' = [d EXCEPT !.e = 1] ELSE f
              /\\ x' = y
              /\\ \\A q \\in P : q \\in R
            """), "A.tla")
        for expected in (("relation", "/\\ used.puts <= Most \\* TRUE = 1"),
                         ("dropped bullet", "/\\ TRUE \\* TRUE = 1"),
                         ("relation", "/\\ IF a # b THEN c' = [d EXCEPT !.e = 1] ELSE f"),
                         ("condition", "/\\ IF FALSE THEN c' = [d EXCEPT !.e = 1] ELSE f"),
                         ("constant", "/\\ IF a = b THEN c' = [d EXCEPT !.e = 0] ELSE f"),
                         ("quantifier", "/\\ \\E q \\in P : q \\in R"), ("relation", "/\\ \\A q \\in P : q \\notin R")):
            self.assertIn(expected, made)
        self.assertFalse([text for _, text in made if "x' #" in text or "!.e #" in text or "D *)" in text
                          or "q \\notin P" in text])

    def test_configurations(self):
        text = "\\* expect: holds\nCONSTANTS\n  A = 2\n  B <- C\nINVARIANTS\n  D\n"
        self.assertEqual({("bound", "A = 1"), ("dropped invariant", "")}, made_of(text, "a/b.cfg"))
        self.assertEqual(set(), made_of(text.replace("holds", "violates D"), "a/b.cfg"))


class Names(unittest.TestCase):
    TEXT = "void f() {\n  g(a);\n}\nvoid h() {\n  g(a);\n}\n"

    def test_alike_ones_are_counted(self):
        self.assertEqual([(1, 2), (2, 2)], [(each.nth, each.alike) for each in mutants_of("a.cpp", self.TEXT)])

    def test_they_keep_when_lines_move(self):
        moved = "// More.\n\n" + self.TEXT
        self.assertEqual([each.name for each in mutants_of("a.cpp", self.TEXT)],
                         [each.name for each in mutants_of("a.cpp", moved)])


class Drawing(unittest.TestCase):
    def test_the_seed_decides(self):
        mutants = mutants_of("a.cpp", "void f() {\n" + "".join(f"g{i}(a < {i + 2});\n" for i in range(30)) + "}\n")
        self.assertEqual(shuffled(mutants, 1), shuffled(list(reversed(mutants)), 1))
        self.assertNotEqual(shuffled(mutants, 1), shuffled(mutants, 2))

    def drawn(self, queues, sample, is_real=lambda mutant: True):
        drawn = []
        for mutant, count in Draw(queues, sample):
            drawn.append(mutant)
            if is_real(mutant):
                count()
        return drawn

    def test_evenly_over_the_files(self):
        queues = {name: [name + str(i) for i in range(9)] for name in "abc"}
        self.assertEqual(["a0", "b0", "c0"], self.drawn(queues, 3))
        drawn = self.drawn(queues, 12)
        self.assertEqual([4, 4, 4], [sum(each.startswith(name) for each in drawn) for name in "abc"])
        self.assertEqual(27, len(self.drawn(queues, None)))

    def test_another_for_each_that_is_none(self):
        queues = {"a": ["a0", "a1", "a2"], "b": ["b0"]}
        self.assertEqual(["a0", "b0", "a1"], self.drawn(queues, 2, lambda mutant: mutant != "b0"))


class Keeping(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder(self)
        self.file = self.folder / "results.jsonl"
        self.mutant = mutants_of("a.cpp", "void f() {\n  g(a);\n}\n")[0]

    def keep(self, outcome):
        Results(self.file).keep(Result(self.mutant.name, "a.cpp", 2, "", "", "", outcome, "", "", 1.0, "file", "all"))

    def test_what_is_noticed_counts_while_its_file_is_the_same(self):
        self.keep(NOTICED)
        self.assertIsNotNone(Results(self.file).of(self.mutant, "file", "other"))
        self.assertIsNone(Results(self.file).of(self.mutant, "other", "all"))

    def test_a_survivor_counts_while_all_is_the_same(self):
        self.keep(SURVIVED)
        self.assertIsNotNone(Results(self.file).of(self.mutant, "file", "all"))
        self.assertIsNone(Results(self.file).of(self.mutant, "file", "other"))

    def test_a_run_that_was_cut_off_goes_on(self):
        self.keep(SURVIVED)
        whole = self.file.read_text()
        self.file.write_text(whole + whole[:40])
        self.keep(NOTICED)
        self.assertEqual(NOTICED, Results(self.file).of(self.mutant, "file", "all").outcome)


class Explaining(unittest.TestCase):
    TEXT = "void f() {\n  if (a) g();\n}\n"

    def explained(self, entry, text=TEXT):
        return equivalents.explained(equivalents.read(entry),
                                     lambda file: mutants_of(file, text) if file == "a.cpp" else None)

    def test_by_what_the_lines_say(self):
        entry = "# Comment\n\na.cpp\n-   if (a)  g();\n+ if (true) g();\nBecause.\nTruly.\n"
        names, complaints = self.explained(entry)
        self.assertEqual(["Because. Truly."], [entry.reason for entry in names.values()])
        self.assertEqual([], complaints)
        self.assertEqual(1, len(self.explained(entry, "// New.\n" + self.TEXT)[0]))

    def test_stale_ones_are_reported(self):
        for head, why in (("a.cpp", "no such mutant any more"), ("b.cpp", "no file b.cpp")):
            names, complaints = self.explained(f"{head}\n- gone\n+ going\nBecause.\n")
            self.assertEqual({}, names)
            self.assertIn(why, complaints[0])

    def test_which_of_several(self):
        twice = self.TEXT + self.TEXT
        entry = "{}\n- if (a) g();\n+ if (true) g();\nBecause.\n"
        self.assertIn("say which, #1 to #2", self.explained(entry.format("a.cpp"), twice)[1][0])
        self.assertEqual(1, len(self.explained(entry.format("a.cpp #2"), twice)[0]))

    def test_malformed_ones_are_refused(self):
        for text in ("a.cpp\n- a\n+ b\n", "a.cpp\n+ b\n- a\nBecause.\n", "a b c\n- a\n+ b\nBecause.\n"):
            with self.assertRaisesRegex(equivalents.Malformed, "line 1"):
                equivalents.read(text)

    def test_none_of_ours_is_stale(self):
        text = (mutate.HERE / "equivalent.txt").read_text()
        choice = mutate.Choice(mutate.ROOT, ["engines/verdict.cpp"], 1)
        self.assertEqual([], equivalents.explained(equivalents.read(text), choice.of)[1])


class Asking(unittest.TestCase):
    CMAKE = "cutover_test(slow_test slow)\ncutover_test(a_test unit)\ncutover_test(sdk_test unit ALONE)\n" \
            "cutover_test(source_test whole)\n"

    def test_likely_ones_first_and_slow_ones_last(self):
        names = [suite.name for suite in in_order("crashsim/sdk/a.cpp", all_suites(self.CMAKE), {"check:tla": 5})]
        self.assertEqual(["sdk_test", "a_test", "slow_test"], names[:3])
        self.assertNotIn("source_test", names)

    def test_those_behind_a_bar_later(self):
        suites = all_suites("cutover_test(tla_text_test unit)\ncutover_test(same_graph_test slow)\n")
        names = [(suite.name, is_asked_first(suite, "tla/a/A.tla")) for suite in in_order("tla/a/A.tla", suites, {})]
        self.assertEqual([("tla_text_test", True), ("check:tla", True), ("same_graph_test", False)], names)

    def test_all_that_are_asked_first_before_the_others(self):
        suites = all_suites((mutate.ROOT / "tests/CMakeLists.txt").read_text())
        for file in ("model/online/a.cpp", "impl/online/a.h", "tla/a/A.tla", "engines/a.cpp", "cli/a.cpp"):
            first = [is_asked_first(suite, file) for suite in in_order(file, suites, {"a": 1})]
            self.assertEqual(sorted(first, reverse=True), first, file)

    def test_only_those_that_can_see_it(self):
        def asked(file):
            return {suite.name for suite in in_order(file, all_suites(self.CMAKE), {})}
        self.assertNotIn("check:tla", asked("crashsim/explore/moves.h"))
        self.assertIn("check:tla", asked("tla/tlc.cpp"))
        self.assertEqual({"check:tla"}, asked("tla/catalog/Catalog.tla"))

    def test_every_suite_named_is_there(self):
        from suites import _BLIND_ELSEWHERE, _LIKELY
        known = {suite.name for suite in all_suites((mutate.ROOT / "tests/CMakeLists.txt").read_text())}
        self.assertEqual(set(), {name for _, names in _LIKELY for name in names.split()} - known - {"|"})
        self.assertEqual(set(), set(_BLIND_ELSEWHERE) - known)

    def test_every_file_by_default_has_mutants_or_says_nothing(self):
        for pattern in mutate.DEFAULT_FILES:
            self.assertTrue(list(mutate.ROOT.glob(pattern)), pattern)


class Trying(unittest.TestCase):
    """Which suites are asked of a mutant; whether one notices it is said by `notices`."""
    CMAKE = "cutover_test(slow_test slow)\ncutover_test(a_test unit)\ncutover_test(whole_test whole)\n" \
            "cutover_test(sdk_test whole)\n"

    def setUp(self):
        self.asked, self.notices, self.same = [], set(), set()
        suites = [suite for suite in all_suites(self.CMAKE) if not suite.is_check]
        workshop = mock.MagicMock()
        workshop.text.return_value = "void f() {\n  g(a);\n}\n"
        workshop.objects.return_value = {}
        workshop.content.return_value = workshop.everything.return_value = "0"
        bench = mock.MagicMock(suites=suites, busy={}, seconds={suite.name: 1 for suite in suites})
        bench.identity = {suite.name: suite.name for suite in suites}
        bench.built.side_effect = lambda suite: suite.name if suite.name in self.same else "other"
        bench.ask.side_effect = self.ask
        self.trial = Trial(workshop, bench)
        self.mutant = mutants_of("crashsim/sdk/a.cpp", workshop.text.return_value)[0]

    def ask(self, suite, _):
        self.asked.append(suite.name)
        return running.Ended(int(suite.name in self.notices), 1, 1)

    def tried(self, **options):
        self.asked.clear()
        return self.trial(self.mutant, lambda _: None, **options).outcome

    def test_the_slow_ones_are_asked_again_of_what_was_set_aside(self):
        self.assertEqual((SET_ASIDE, ["sdk_test", "a_test"]), (self.tried(), self.asked))
        self.assertEqual((SURVIVED, ["whole_test", "slow_test"]), (self.tried(again=True), self.asked))
        self.notices.add("slow_test")
        self.assertEqual(NOTICED, self.tried(again=True))
        self.notices.add("a_test")
        self.assertEqual((NOTICED, ["sdk_test", "a_test"]), (self.tried(), self.asked))

    def test_a_specification_likewise(self):
        self.trial.bench.suites = all_suites("cutover_test(tla_text_test unit)\ncutover_test(tla_test slow)\n")
        self.trial.bench.seconds = {suite.name: 1 for suite in self.trial.bench.suites}
        self.mutant = mutants_of("tla/a/A.tla", "---- MODULE A ----\nInit ==\n  /\\ x = 0\n  /\\ y = 0\n====\n")[0]
        self.trial.workshop.text.return_value = "---- MODULE A ----\nInit ==\n  /\\ x = 0\n  /\\ y = 0\n====\n"
        self.assertEqual((SET_ASIDE, ["tla_text_test", "check:tla"]), (self.tried(), self.asked))
        self.assertEqual((SURVIVED, ["tla_test"]), (self.tried(again=True), self.asked))

    def test_whether_it_is_a_mutant_is_known_at_first(self):
        self.same |= {"sdk_test", "a_test"}
        self.assertEqual((SET_ASIDE, ["whole_test"]), (self.tried(), self.asked))
        self.assertEqual((SURVIVED, ["whole_test", "slow_test"]), (self.tried(again=True), self.asked))
        self.same |= {"whole_test", "slow_test"}
        self.assertEqual((SAME_CODE, []), (self.tried(), self.asked))


class Copying(unittest.TestCase):
    def test_what_is_right_keeps_its_time(self):
        folder = temporary_folder(self)
        root = folder / "root"
        (root / "build").mkdir(parents=True)
        for name in ("a", "b", "build/c"):
            (root / name).write_text(name)
        workshop = Workshop(root, folder / "kept")
        workshop.sync()
        os.utime(workshop.tree / "a", (1, 1))
        workshop.write("b", "mutated")
        (workshop.tree / "d").write_text("gone from the sources")
        workshop.sync()
        self.assertEqual(1, (workshop.tree / "a").stat().st_mtime)
        self.assertEqual("b", workshop.text("b"))
        self.assertEqual(["a", "b"], sorted(path.name for path in workshop.tree.iterdir()))

    def test_what_a_survivor_depends_on(self):
        workshop = Workshop(temporary_folder(self), temporary_folder(self))
        names = ("a.cpp", "tests/mutants/suites.py", "tests/mutants/report.py", "README.md")
        for name in names:
            (workshop.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (workshop.tree / name).write_text("before")
        changed = []
        for name in names:
            before = workshop.everything()
            (workshop.tree / name).write_text("after")
            if workshop.everything() != before:
                changed.append(name)
        self.assertEqual(["a.cpp", "tests/mutants/suites.py"], changed)

    def test_after_a_change_all_is_as_it_was(self):
        folder = temporary_folder(self)
        workshop = Workshop(folder / "root", folder / "kept")
        for path, text in ((workshop.tree / "a", "original"), (workshop.build / "o", "object"),
                           (workshop.pristine / "o", "object")):
            path.parent.mkdir(parents=True)
            path.write_text(text)
            os.utime(path, (1, 1))
        with workshop.with_change("a", "mutated"):
            self.assertEqual("mutated", workshop.text("a"))
            (workshop.build / "o").write_text("mutant")
            (workshop.build / "new").write_text("more")
        self.assertEqual(["o"], [path.name for path in workshop.build.iterdir()])
        for path, text in ((workshop.tree / "a", "original"), (workshop.build / "o", "object")):
            self.assertEqual((text, 1), (path.read_text(), path.stat().st_mtime))


class Limits(unittest.TestCase):
    def ended(self, script, *limits):
        with tempfile.TemporaryDirectory() as folder:
            return running.run(["sh", "-c", script], folder, f"{folder}/log", running.Limits(*limits))

    def test_status(self):
        self.assertEqual((3, ""), (lambda ended: (ended.status, ended.limit))(self.ended("exit 3", 20)))
        self.assertEqual(128 + 9, self.ended("kill -9 $$", 20).status)

    def test_time(self):
        self.assertEqual("timeout", self.ended("sleep 60", 0.2).limit)
        self.assertEqual("timeout", self.ended("while :; do :; done", 60, 0.2).limit)
        self.assertEqual("", self.ended("sleep 0.5", 60, 0.2).limit)

    def test_memory(self):
        self.assertEqual("memory", self.ended("sleep 60", 60, 60, 1000).limit)

    def test_nothing_stays_behind(self):
        running.adopt_orphans()
        self.ended("setsid sleep 60 & exit 0", 20)
        self.assertEqual([], running.descendants())

    def test_what_a_killed_run_left_goes(self):
        mark = f"CUTOVER_MUTANTS=test {os.getpid()}"
        left = subprocess.Popen(["env", mark, "sleep", "60"])
        while left.poll() is None:
            running.kill_left_over(mark)
        self.assertEqual(-9, left.returncode)


class Fencing(unittest.TestCase):
    def test_a_mutant_that_kills_all_kills_itself_alone(self):
        folder = temporary_folder(self)
        (folder / "tmp").mkdir()
        fence = Fence(folder)
        if fence.strength == 0:
            self.skipTest("no namespaces are allowed here")
        bystander = subprocess.Popen(["sleep", "60"])
        self.addCleanup(bystander.wait)
        self.addCleanup(bystander.kill)
        subprocess.run(fence.around(["sh", "-c", "kill -9 -1"]), capture_output=True, timeout=20)
        self.assertIsNone(bystander.poll())
        self.assertEqual(7, subprocess.run(fence.around(["sh", "-c", "exit 7"]), timeout=20).returncode)
        self.assertEqual(0, subprocess.run(fence.around(["touch", str(folder / "new")]), timeout=20).returncode)
        self.assertEqual(0, subprocess.run(fence.around(["sh", "-c", "rm $(mktemp)"]), capture_output=True, timeout=20).returncode)
        if fence.strength == 2:
            own = Path("/var/tmp") / f"cutover-fence-{os.getpid()}"
            self.addCleanup(own.unlink, missing_ok=True)
            self.assertNotEqual(0, subprocess.run(fence.around(["touch", str(own)]), capture_output=True).returncode)


class CommandLine(unittest.TestCase):
    def test_lists_alike_for_a_seed(self):
        def listed(*arguments):
            with contextlib.redirect_stdout(io.StringIO()) as out:
                self.assertEqual(0, mutate.main([*arguments, "--list"]))
            return out.getvalue()
        self.assertEqual(listed("--sample", "20"), listed("--sample", "20"))
        self.assertNotEqual(listed("--sample", "20"), listed("--sample", "20", "--seed", "2"))

    def test_bad_usage(self):
        for arguments in (["no/such/file.cpp"], ["README.md"], ["00000000"], ["--sample", "0"], ["--budget", "long"]):
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                try:
                    status = mutate.main(arguments)
                except SystemExit as exit:
                    status = exit.code
            self.assertEqual(2, status, arguments)
            self.assertNotIn("Traceback", errors.getvalue())

    def test_times(self):
        self.assertEqual([900, 5400, 28800], [mutate.seconds_of(text) for text in ("900", "90m", "8h")])


if __name__ == "__main__":
    unittest.main()
