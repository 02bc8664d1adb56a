"""All exceptions raised by slm_stream, each with its fate.

* SlmError
  - SpecError          the catalogue, an agreement or a mapping is wrong; refuse to start
  - SettingsError      the process is told something impossible; refuse to start
  - UnavailableError   something outside is missing (Java, a broker); refuse to start
  - DecodeError        one message is unreadable; set it aside, carry on
  - RestoreError       stored state cannot be used; crash rather than invent figures
  - FencedError        a worker may have lost its partitions; crash, and start again

A command that ends by one says it in one sentence, with exit code 2.
Lateness is not an error: it is an outcome, counted.
"""


class SlmError(Exception):
    """Base of every exception of this package."""


class SpecError(SlmError):
    """What is promised is written down wrongly; the message lists every mistake.

    Parameters
    ----------
    *mistakes : str
        One sentence each: ``file:line: where: what is wrong; remedy``.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class SettingsError(SlmError):
    """A setting or an argument of a command is impossible."""


class UnavailableError(SlmError):
    """Something outside this process is missing; the message says what to do."""


class DecodeError(SlmError):
    """One message cannot be read.

    Parameters
    ----------
    reason : str
        Short, bounded word, also the label of the dead-letter counter.
    detail : str
        What is wrong, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RestoreError(SlmError):
    """A stored blob is of an unknown version or belongs to nothing in the catalogue."""


class FencedError(SlmError):
    """A process may no longer own what it thinks it owns."""
