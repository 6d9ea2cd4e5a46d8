"""What was found out about mutants, kept for the next run: build/mutants/results.jsonl, a line each.

A run that ends in any way loses no more than the mutant in hand. When a result counts again:

  noticed, not built    as long as the mutated file is as it was
  the others            as long as nothing is different, in sources or tests
"""
import json
import os
from dataclasses import asdict, dataclass

NOTICED, SURVIVED, SAME_CODE, NOT_BUILT = "noticed", "survived", "same code", "not built"
SET_ASIDE = "set aside"  # the suites that are asked first did not notice


@dataclass
class Result:
    name: str  # the mutant's
    file: str
    line: int
    rule: str
    original: str
    mutated: str
    outcome: str
    by: str  # the suite that noticed
    how: str  # failed, timeout or memory
    seconds: float
    content: str  # of the mutated file, before
    everything: str  # of all sources and tests


class Results:
    def __init__(self, file):
        self.file = file
        self._latest = {}
        try:
            lines = file.read_text().splitlines()
        except FileNotFoundError:
            lines = []
        for line in lines:
            try:
                result = Result(**json.loads(line))
            except (ValueError, TypeError):
                continue  # cut off in the middle, or of another version
            self._latest[result.name] = result

    def of(self, mutant, content, everything):
        """The result that still counts, or None."""
        result = self._latest.get(mutant.name)
        if result is None or result.content != content:
            return None
        if result.outcome not in (NOTICED, NOT_BUILT) and result.everything != everything:
            return None
        return result

    def keep(self, result):
        self._latest[result.name] = result
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with open(self.file, "a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read() != b"\n":  # what was cut off
                    file.write(b"\n")
            file.write(json.dumps(asdict(result)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
