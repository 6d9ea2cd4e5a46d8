"""Draws the mutants to try: evenly over the files, and another for each that turns out to be none."""


class Draw:
    """`queues` has for each file its mutants, in the order in which they are to be tried. A mutant
    counts once it was `real`: it compiles, and to something else."""

    def __init__(self, queues, sample=None):
        self._queues = {file: list(reversed(mutants)) for file, mutants in queues.items() if mutants}
        self.wanted = sum(map(len, self._queues.values()))
        if sample is not None:
            self.wanted = min(sample, self.wanted)
        self.real = 0

    def __iter__(self):
        """Pairs of a mutant and a function to be called if it was real. In turns of the files, so
        that they are covered alike wherever the budget ends."""
        while self.real < self.wanted and any(self._queues.values()):
            for queue in self._queues.values():
                before = self.real
                while queue and self.real == before and self.real < self.wanted:
                    yield queue.pop(), self._count

    def _count(self):
        self.real += 1
