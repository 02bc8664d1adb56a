"""The wheel that users install."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel in a folder of its own, so that the repository stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        source.mkdir(exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    for package in ("slm_stream", "agents", "config", "deploy"):
        (source / package).symlink_to(ROOT / package)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"),
            *("--no-deps", "--no-index", "--no-build-isolation", "-w", str(folder), str(source)),
        ],
        check=True,
    )
    return next(folder.glob("*.whl"))


def test_wheel_holds_every_module_and_all_data(wheel: Path) -> None:
    """Agents, configuration and deployment live inside the package; nothing else is on top."""
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"slm_stream"}
    for folder, inside in (("slm_stream", ""), ("agents", "agents/")):
        modules = [path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*.py")]
        assert modules
        assert {f"slm_stream/{inside}{module}" for module in modules} <= names
    for folder in ("config", "deploy"):
        data = [
            path.relative_to(ROOT)
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and path.suffix not in {".pyc", ".md", ""}
        ]
        assert data
        assert {f"slm_stream/{path}" for path in data} <= names
    assert "slm_stream/py.typed" in names


def test_command_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Installed far from the repository, slm lists its topics and finds its data."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    script = (
        "import slm_stream, importlib.resources as r, importlib; "
        "from slm_stream.cli.main import main; "
        "importlib.import_module('slm_stream.agents'); "
        "assert r.files('slm_stream.config').joinpath('settings.example.env').is_file(); "
        "assert r.files('slm_stream.deploy').joinpath('kafka/pom.xml').is_file(); "
        "print(slm_stream.__file__); raise SystemExit(main(['topics', 'list']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(str(tmp_path / "site"))
    assert "slm.transactions.v1" in done.stdout
