"""The command line as a whole."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from slm_stream.cli import main as cli
from slm_stream.cli.main import COMMANDS, Entry, load, main
from slm_stream.cli.reference import command_reference
from slm_stream.errors import UnavailableError

HEAVY = ("aiokafka", "confluent_kafka", "faust", "numpy", "prometheus_client", "pydantic", "yaml")


def test_help_lists_every_command_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The table is what the help shows."""
    assert main(["--help"]) == 0

    shown = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert name in shown
        assert entry.summary.split()[0] in shown


def test_help_imports_nothing_heavy() -> None:
    """Help answers at once however heavy the commands are."""
    script = (
        "import sys; from slm_stream.cli.main import main; main(['--help']); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_has_its_page(name: str) -> None:
    """A line in the table is a module with an app, help, and a section in the reference."""
    assert load(name).help
    assert f"## `slm {name}" in command_reference()


def test_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    """`slm --version` says what is installed."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"slm-stream {version('slm-stream')}\n"


def test_unknown_command_is_a_user_s_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt command gives exit code 2, the right spelling, and an empty result."""
    assert main(["topic"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "Did you mean 'topics'?" in said.err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (UnavailableError("no Kafka answers"), 2, "slm: no Kafka answers\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_become_exit_codes(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a user can mend is one sentence and 2; an interruption is silent and 130."""
    import typer

    app = typer.Typer()

    @app.command()
    def fail() -> None:
        """Fail."""
        raise raised

    module = type(sys)("failing")
    module.app = app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "failing", module)
    monkeypatch.setitem(cli.COMMANDS, "fail", Entry("failing", "Fail."))

    assert main(["fail"]) == code
    assert capsys.readouterr().err == said


def test_closed_pipe_is_no_traceback() -> None:
    """`slm ... | head -1` ends quietly."""
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m slm_stream topics list | head -1"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "topic" in done.stdout
    assert "Traceback" not in done.stderr
