"""Kafka's jars: found in the cache, or fetched once by Maven."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path

from slm_stream.errors import SlmError, UnavailableError

ELSE = (
    "or name a broker that runs already with --broker or SLM_BROKER "
    "(`docker compose up kafka` starts one)"
)


def find_java() -> str:
    """Return the path of Java.

    Raises
    ------
    UnavailableError
        There is none.
    """
    home = os.environ.get("JAVA_HOME")
    java = (home and shutil.which("java", path=f"{home}/bin")) or shutil.which("java")
    if java is None:
        msg = f"a local Kafka needs Java 17 or newer: install openjdk-17-jre-headless, {ELSE}"
        raise UnavailableError(msg)
    return java


def cached_jars() -> Path:
    """Return the folder where the jars of this version's pom.xml belong; it may be absent."""
    cache = os.environ.get("SLM_CACHE")
    if cache is None:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        cache = f"{home}/slm-stream"
    return Path(cache) / f"kafka-{hashlib.sha256(_pom()).hexdigest()[:16]}"


def fetch_jars() -> Path:
    """Return the folder of Kafka's jars, fetching them first if they are not there.

    Raises
    ------
    UnavailableError
        Maven is missing or failed.
    """
    jars = cached_jars()
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        msg = (
            f"Kafka's jars are not in {jars} and Maven, which fetches them, is missing: "
            f"install maven, {ELSE}"
        )
        raise UnavailableError(msg)
    _say("fetching Kafka's jars with Maven, about 45 MB, once ...")
    began = time.monotonic()
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetch-") as room:
        _run_maven(maven, Path(room))
        try:
            (Path(room) / "jars").rename(jars)
        except OSError:
            if not jars.is_dir():  # otherwise another process was faster
                raise
    _say(f"Kafka's jars are in {jars} ({time.monotonic() - began:.0f} s)")
    return jars


def _run_maven(maven: str, room: Path) -> None:
    pom = room / "pom.xml"
    pom.write_bytes(_pom())
    command = [maven, "-B", "-ntp", "-q", "-f", str(pom), "package", f"-Djars={room / 'jars'}"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        why = said[0].strip() if said else f"exit code {done.returncode}"
        msg = f"Maven could not fetch Kafka's jars: {why}; mend that, {ELSE}"
        raise UnavailableError(msg)


def _pom() -> bytes:
    return files("slm_stream.deploy").joinpath("kafka/pom.xml").read_bytes()


def _say(text: str) -> None:
    sys.stderr.write(f"kafka: {text}\n")


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{fetch_jars()}\n")
    except SlmError as error:
        _say(str(error))
        sys.exit(2)
