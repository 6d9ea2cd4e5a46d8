"""A fence around what mutants run: they may kill and remove what they were never meant to.

In a process namespace of its own a mutant that kills every process finds none but its own. Root also
gets the files fenced: all but the folder to run in is read-only, /tmp is below that folder (unless
that is itself below /tmp, which then is not fenced), and /dev/shm is new. Others could remove no more than their own files, and have the first fence only.
Needs util-linux, and a kernel or container that allows it.
"""
import os
import subprocess
from pathlib import Path

_PROCESSES = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
_OF_A_USER = ["--user", "--map-current-user"]

# $0 is the folder. The command is no exec: the first process of a namespace hears no signals.
_RUN = '''cd "$0" && "$@"; exit $?'''
_READ_ONLY = '''mount --bind "$0" "$0" || exit 99
case "$0" in /tmp/*) own=/tmp ;; *) own=$0/tmp ;; esac
mount --bind "$own" /tmp || exit 99
mount -t tmpfs cutover /dev/shm && mount -o remount,bind,ro / || exit 99
''' + _RUN


class Fence:
    def __init__(self, folder):
        """Tries out what is to be had; `folder` has a folder `tmp`."""
        self.folder = Path(folder)
        kinds = [([*_PROCESSES, "sh", "-c", _READ_ONLY], 2)] if os.geteuid() == 0 else []
        kinds += [([*_PROCESSES, *options, "sh", "-c", _RUN], 1) for options in ([], _OF_A_USER)]
        self._prefix, self.strength = next(((prefix, strength) for prefix, strength in kinds if self._works(prefix)),
                                           ([], 0))

    def _works(self, prefix):
        try:
            return subprocess.run([*prefix, str(self.folder), "true"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    def around(self, command):
        return [*self._prefix, str(self.folder), *command] if self._prefix else command


def may_kill(text):
    """True of a source that ends processes: without a fence its mutants are not tried."""
    return "kill(" in text
