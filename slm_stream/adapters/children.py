"""Processes that do not outlive the one that started them."""

import os
import sys

# Linux kills the process when the thread that started it ends, however that ends.
_DIE_WITH_PARENT = """\
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def dies_with_parent(command: list[str]) -> list[str]:
    """Return a command that, on Linux, ends with the thread that starts it.

    Parameters
    ----------
    command : list of str
        The first is the path of a program.
    """
    return [sys.executable, "-ISc", _DIE_WITH_PARENT, str(os.getpid()), *command]
