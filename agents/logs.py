"""What a worker says on standard error: a handful of lines, unless somebody wants more."""

import logging
import sys
import time

LOGGER = "slm_stream.worker"
"""Faust logs under the names of our modules, so our own messages have a name of their own."""
FORMAT = "%(asctime)s %(levelname)s %(message)s"


def set_up_logging(level: str) -> None:
    """Log our own messages from a level on; those of the libraries only when all is wanted.

    Faust tells of every service that it starts, and an error that ends it some six times; the
    worker says what matters of that itself.

    Parameters
    ----------
    level : str
        DEBUG, INFO, WARNING or ERROR.
    """
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(FORMAT, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level="DEBUG", handlers=[handler], force=True)
    if level != "DEBUG":
        logging.getLogger().setLevel(logging.CRITICAL + 1)
        logging.getLogger(LOGGER).setLevel(level)
