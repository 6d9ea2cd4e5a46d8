"""The copy of the sources in which mutants live, and its build.

All of it is below build/mutants: `tree` is the copy, `build` its build, `pristine` that build without
a mutant, `scratch` where tests run. The user's own files are only read.
"""
import contextlib
import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import running

_NOT_COPIED = {"build", ".git", "traces", "cutover-traces", "__pycache__"}
# Quick to compile, and quick enough to run; what a test does not use is not in it, so that it is
# the same file with a mutant as without, and need not be run.
_FLAGS = "-O1 -w -ffunction-sections -fdata-sections"
_LINK_FLAGS = "-Wl,--gc-sections"
_BUILD_SECONDS = 900


class Trouble(Exception):
    """What the user has to put right before anything can be tried."""


class Workshop:
    def __init__(self, root, folder):
        self.root, self.folder = Path(root), Path(folder)
        self.tree, self.build = self.folder / "tree", self.folder / "build"
        self.scratch, self.pristine = self.folder / "scratch", self.folder / "pristine"
        self._whole = self.folder / "pristine.whole"  # there if `pristine` is
        self._objects = {}

    def sync(self):
        """Makes the copy equal to the sources. A file that is right already keeps its time."""
        wanted = {path.relative_to(self.root) for path in _files_below(self.root)}
        for path in _files_below(self.tree):
            if path.relative_to(self.tree) not in wanted:
                path.unlink()
        for name in sorted(wanted):
            source, copy = self.root / name, self.tree / name
            content = source.read_bytes()
            if not copy.is_file() or copy.read_bytes() != content:
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(content)
            if copy.stat().st_mode != source.stat().st_mode:
                shutil.copymode(source, copy)
        jar = self.root / "build/tla/tla2tools.jar"
        copy = self.tree / "build/tla/tla2tools.jar"
        if jar.is_file() and not copy.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(jar, copy)

    def text(self, file):
        return (self.tree / file).read_text()

    def write(self, file, text):
        (self.tree / file).write_text(text)

    @contextlib.contextmanager
    def with_change(self, file, text):
        """The file reads so within; afterwards it, and all of the build, are as they were, times
        included, so that nothing has to be built anew for the next."""
        path = self.tree / file
        before, status = path.read_text(), path.stat()
        self.write(file, text)
        try:
            yield
        finally:
            self.write(file, before)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            _mirror(self.pristine, self.build)

    def content(self, file):
        """What the file's content is known by."""
        return hashlib.sha256((self.tree / file).read_bytes()).hexdigest()[:12]

    def everything(self):
        """What all that the suites are made of is known by, and which of them are asked when."""
        digest = hashlib.sha256()
        for path in sorted(_files_below(self.tree)):
            name = path.relative_to(self.tree)
            is_of_tool = name.parts[:2] == ("tests", "mutants") and name.name != "suites.py"
            if not is_of_tool and name.suffix != ".md":
                digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
        return digest.hexdigest()[:12]

    def read_by(self, suite):
        """The same of what the suite may read as it runs."""
        digest = hashlib.sha256()
        for name in ["tla", "tests/scenarios"] + ["README.md"] * (suite.name == "readme_test"):
            path = self.tree / name
            for file in [path] if path.is_file() else sorted(_files_below(path)):
                digest.update(f"{file}\0".encode() + file.read_bytes())
        return digest.hexdigest()[:12]

    def configure(self, compiler):
        """Also puts back the build, if a run was killed amid a mutant."""
        options = [f"-DCMAKE_CXX_COMPILER={compiler}", "-DCMAKE_BUILD_TYPE=None", f"-DCMAKE_CXX_FLAGS={_FLAGS}",
                   f"-DCMAKE_EXE_LINKER_FLAGS={_LINK_FLAGS}", "-DCMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE=PRE_TEST"]
        told = self.folder / "options"
        if told.is_file() and told.read_text() != "\n".join(options):
            for folder in (self.build, self.pristine):
                shutil.rmtree(folder, ignore_errors=True)
            self._whole.unlink(missing_ok=True)
        elif self._whole.is_file():
            _mirror(self.pristine, self.build)
        told.write_text("\n".join(options))
        if not (self.build / "build.ninja").is_file():
            self._must(["cmake", "-S", str(self.tree), "-B", str(self.build), "-G", "Ninja", *options])

    def build_all(self, targets):
        self._must(["ninja", "-C", str(self.build), *targets], seconds=7200)
        self._whole.unlink(missing_ok=True)
        _mirror(self.build, self.pristine)
        self._whole.touch()
        self._objects = {}
        for command in json.loads((self.build / "compile_commands.json").read_text()):
            output = re.search(r" -o (\S+)", command["command"])[1]
            if (self.build / output).is_file():
                self._objects.setdefault(command["file"], {})[output] = self.digest(output)

    def _must(self, command, seconds=_BUILD_SECONDS):
        log = self.folder / "build.log"
        if running.run(command, self.folder, log, running.Limits(seconds)).status != 0:
            raise Trouble(f"the sources without a mutant do not build; see {log}")

    def make(self, targets):
        """True if they could be built."""
        command = ["ninja", "-C", str(self.build), *targets]
        return running.run(command, self.folder, self.folder / "build.log", running.Limits(_BUILD_SECONDS)).status == 0

    def objects(self, file):
        """What the file is compiled to, by the build's names, and the digests without a mutant. None
        of a header."""
        return self._objects.get(str(self.tree / file), {})

    def parses(self, module):
        """True if TLA+'s own parser takes it."""
        jar = os.environ.get("TLA2TOOLS_JAR") or str(self.tree / "build/tla/tla2tools.jar")
        path, log = self.tree / module, self.folder / "build.log"
        command = ["java", f"-Djava.io.tmpdir={self.folder}", "-cp", jar, "tla2sany.SANY", path.name]
        ended = running.run(command, path.parent, log, running.Limits(60))
        return ended.status == 0 and "rror" not in log.read_text(errors="replace")

    def digest(self, name):
        return hashlib.sha256((self.build / name).read_bytes()).hexdigest()[:16]

    def uses_command(self, executable):
        """A test that runs `cutover` has its path in it."""
        return os.fsencode(self.build / "cutover") in (self.build / executable).read_bytes()

    def fresh_scratch(self):
        """An empty folder to run in, and the variables that keep temporary files there."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        (self.scratch / "tmp").mkdir(parents=True)
        return {"TMPDIR": str(self.scratch / "tmp")}


def _mirror(source, target):
    """Makes the target's files what the source's are, times included."""
    wanted = set()
    for path in _files_below(source):
        name = path.relative_to(source)
        wanted.add(name)
        copy, status = target / name, path.stat()
        if copy.is_file() and (copy.stat().st_mtime_ns, copy.stat().st_size) == (status.st_mtime_ns, status.st_size):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    for path in list(_files_below(target)):
        if path.relative_to(target) not in wanted:
            path.unlink()


def _files_below(folder):
    for where, folders, files in os.walk(folder):
        top = Path(where) == Path(folder)
        folders[:] = sorted(name for name in folders if name != "__pycache__" and not (top and name in _NOT_COPIED))
        for name in sorted(files):
            path = Path(where) / name
            if path.is_file() and not path.is_symlink():
                yield path
