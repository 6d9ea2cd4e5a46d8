"""Runs a command within limits of time and memory, and leaves nothing of it behind.

Time is foremost that of the processor, as the machine may be busy with other things; what uses next to
none waits for ever. What is left of it is found by descent: this process adopts orphans. Needs Linux.
"""
import ctypes
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
_PAGE, _TICKS = os.sysconf("SC_PAGESIZE"), os.sysconf("SC_CLK_TCK")
_PAUSE = 0.05  # seconds between two looks, at first
_LONGEST_PAUSE = 0.3
_STILL, _HARDLY = 60, 0.2  # so many seconds with no more of the processor than this: it waits for ever


@dataclass
class Limits:
    seconds: float  # wall time
    busy: float = float("inf")  # seconds of the processor, of all processes
    resident: float = float("inf")  # bytes of memory, of all processes


@dataclass
class Ended:
    status: int  # as the shell has it
    seconds: float
    busy: float
    limit: str = ""  # "timeout" or "memory" if that ended it


def adopt_orphans():
    _prctl(_SET_CHILD_SUBREAPER, 1)


def _prctl(option, value):
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def descendants():
    """The processes that descend from this one."""
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        fields = _fields(entry, "stat")
        if not fields:
            continue
        parent = int(fields[1])
        children.setdefault(parent, []).append(int(entry))
    found, queue = [], [os.getpid()]
    while queue:
        of = children.get(queue.pop(), [])
        found += of
        queue += of
    return found


def _fields(process, file):
    """What /proc has behind the process's name, which may hold anything."""
    try:
        with open(f"/proc/{process}/{file}", "rb") as opened:
            return opened.read().rpartition(b")")[2].split()
    except OSError:
        return []


def used():
    """Seconds of the processor and bytes of memory of all that descends from this process."""
    busy = resident = 0
    for process in descendants():
        busy += sum(map(int, _fields(process, "stat")[11:15]))
        resident += sum(map(int, _fields(process, "statm")[1:2]))
    return busy / _TICKS, resident * _PAGE


def _busy_so_far():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def kill_descendants():
    """Again and again, as one may fork while another is killed."""
    for _ in range(100):
        left = descendants()
        for process in left:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                return
        time.sleep(0.01)


def kill_left_over(mark):
    """What an earlier run left when it was killed: processes that have the mark in their
    environment. A compiler among them would still write what it was asked for."""
    mine = os.getpid()
    for _ in range(100):
        found = [process for process in map(int, filter(str.isdigit, os.listdir("/proc")))
                 if process != mine and mark in _environment(process)]
        if not found:
            return
        for process in found:
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.05)


def _environment(process):
    try:
        with open(f"/proc/{process}/environ", "rb") as file:
            return file.read().decode(errors="replace").split("\0")
    except OSError:
        return []


def run(command, folder, log, limits, environment=None):
    """Both outputs go to the file `log`. Everything that it started ends with it."""
    started, busy_before = time.monotonic(), _busy_so_far()
    with open(log, "wb") as output:
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, **(environment or {})}, preexec_fn=lambda: _prctl(_SET_PDEATHSIG, signal.SIGKILL))
    limit, pause = "", _PAUSE
    moved_at, moved = started, 0
    try:
        while True:
            try:
                child.wait(pause)
                break
            except subprocess.TimeoutExpired:
                pause = min(pause * 1.5, _LONGEST_PAUSE)
            now, (busy, resident) = time.monotonic(), used()
            if busy - moved >= _HARDLY:
                moved_at, moved = now, busy
            if now - started > limits.seconds or busy > limits.busy or now - moved_at > _STILL:
                limit = "timeout"
            elif resident > limits.resident:
                limit = "memory"
            if limit:
                child.kill()
                child.wait()
                break
    finally:
        kill_descendants()
        child.returncode = -signal.SIGKILL if child.returncode is None else child.returncode
    status = 128 - child.returncode if child.returncode < 0 else child.returncode
    return Ended(status, time.monotonic() - started, _busy_so_far() - busy_before, limit)
