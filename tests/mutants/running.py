"""Runs a command within limits of time and memory, and leaves nothing of it behind.

What is left of it is found by descent: this process adopts orphans. Needs Linux.
"""
import ctypes
import os
import signal
import subprocess
import time
from dataclasses import dataclass

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
_PAGE = os.sysconf("SC_PAGESIZE")
_PAUSE = 0.05  # seconds between two looks, at first
_LONGEST_PAUSE = 0.3


@dataclass
class Ended:
    status: int  # as the shell has it
    seconds: float
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
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        children.setdefault(parent, []).append(int(entry))
    found, queue = [], [os.getpid()]
    while queue:
        of = children.get(queue.pop(), [])
        found += of
        queue += of
    return found


def resident_bytes(processes):
    total = 0
    for process in processes:
        try:
            with open(f"/proc/{process}/statm", "rb") as file:
                total += int(file.read().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            pass
    return total


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


def run(command, folder, log, seconds, most_bytes=None, environment=None):
    """Both outputs go to the file `log`. Everything that it started ends with it."""
    started = time.monotonic()
    with open(log, "wb") as output:
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, **(environment or {})}, preexec_fn=lambda: _prctl(_SET_PDEATHSIG, signal.SIGKILL))
    limit, pause = "", _PAUSE
    try:
        while True:
            try:
                child.wait(pause)
                break
            except subprocess.TimeoutExpired:
                pause = min(pause * 1.5, _LONGEST_PAUSE)
            if time.monotonic() - started > seconds:
                limit = "timeout"
            elif most_bytes and resident_bytes(descendants()) > most_bytes:
                limit = "memory"
            if limit:
                child.kill()
                child.wait()
                break
    finally:
        kill_descendants()
        child.returncode = -signal.SIGKILL if child.returncode is None else child.returncode
    status = 128 - child.returncode if child.returncode < 0 else child.returncode
    return Ended(status, time.monotonic() - started, limit)
