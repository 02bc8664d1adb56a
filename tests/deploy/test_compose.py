"""docker-compose.yml and the Dockerfile, as far as they can be checked without an engine."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose, PyOptions

from slm_stream.cli.main import COMMANDS, load
from slm_stream.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def parse(text: str) -> PyCompose:
    """Parse as `docker compose` does: merge keys first, then the specification."""
    return PyOptions(apply_merge=True).from_yaml(text)


def mounts(service: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield (folder here, folder in the container) of each bind mount."""
    for volume in service.get("volumes", []):
        source, target, *_ = volume.split(":")
        if source.startswith("."):
            yield ROOT / source, target


def test_file_is_a_compose_file() -> None:
    """An independent parser of the Compose Specification takes it."""
    parsed = parse(COMPOSE)

    parsed.validate()

    assert set(parsed.service_names()) == set(SERVICES)


@pytest.mark.parametrize(
    ("good", "bad", "blamed"),
    [
        ("restart: unless-stopped", "restart: sometimes", "`sometimes`"),
        ("stop_grace_period: 30s", "stop_grace_period: long", "`long`"),
        ("condition: service_healthy", "condition: service_good", "`service_good`"),
        ("    image: apache/kafka", "    imagee: apache/kafka", "`imagee`"),
    ],
)
def test_the_parser_is_strict(good: str, bad: str, blamed: str) -> None:
    """A planted mistake is refused, so the test above means something."""
    assert good in COMPOSE

    with pytest.raises(ValueError, match=blamed):
        parse(COMPOSE.replace(good, bad, 1))


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_refers_to_exists(name: str) -> None:
    """Services it waits for, named volumes, mounted folders and configuration files exist."""
    service = SERVICES[name]

    for other, how in service.get("depends_on", {}).items():
        assert other in SERVICES
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
    named = {v.split(":")[0] for v in service.get("volumes", []) if not v.startswith(".")}
    assert named <= set(yaml.safe_load(COMPOSE)["volumes"])
    for here, there in mounts(service):
        assert here.is_dir()
        for word in service.get("command", []):
            if f"{there}/" in word:
                assert (here / word.split(f"{there}/", 1)[1]).is_file()


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_exist(name: str) -> None:
    """Each runs a command of slm, with settings that slm knows."""
    service = OURS[name]
    first, *rest = service["command"]
    settings = {PREFIX + setting.upper() for setting in Settings.model_fields}

    assert first in COMMANDS
    command = load(first)
    for word in rest:
        command = command.commands[word]
    assert {key for key in service["environment"] if key.startswith(PREFIX)} <= settings


def test_nothing_is_published_beyond_this_machine() -> None:
    """Without passwords and TLS, ports are open on loopback only."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_kafka_is_the_version_that_tests_run() -> None:
    """The image's version is the one of the jars."""
    pom = (ROOT / "deploy/kafka/pom.xml").read_text(encoding="utf-8")
    version = re.search(r"<artifactId>kafka_2\.13</artifactId>\s*<version>([^<]+)<", pom)

    assert version is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version[1]}"


def test_image_copies_files_that_exist_and_are_let_through() -> None:
    """What the Dockerfile copies is in the repository and in the build's context."""
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    }

    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert f"!{source}" in allowed
