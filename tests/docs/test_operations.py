"""The documentation's configurations of other people's programs, read by these programs."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped] # langchain-core brings it; its types would be one more package

from tests.docs.blocks import Block, written_in
from tests.docs.reader import WRITTEN
from tests.docs.test_examples import answers
from tests.server import ROOT, Server, free_port
from tests.servers.proxies import find
from tests.tools import give_up

NGINX, CADDY, HAPROXY, TRAEFIK = map(written_in, ("nginx", "caddyfile", "haproxy", "yaml"))
SYSTEMD = written_in("ini")
READ = [*NGINX, *CADDY, *HAPROXY, *TRAEFIK, *SYSTEMD]


def check(directory: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def command_of(name: str, package: str) -> str:
    return find(name) or give_up(name, f"apt-get install {package}")


def certified(text: str, directory: Path) -> str:
    """The text with a certificate that is there, and a port that anybody may take."""
    pem = directory / "agents.pem"
    names = ["-keyout", str(directory / "agents.key"), "-out", str(pem), "-subj", "/CN=agents.example.com"]
    command = command_of("openssl", "openssl")
    check(directory, command, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names)
    pem.write_text(pem.read_text("utf-8") + (directory / "agents.key").read_text("utf-8"), "utf-8")
    assert "/etc/ssl/agents" in text
    return text.replace("/etc/ssl", str(directory)).replace(":443", f"127.0.0.1:{free_port()}")


@pytest.mark.parametrize("block", NGINX, ids=lambda block: block.name)
def test_nginx_takes_it(block: Block, tmp_path: Path) -> None:
    """Whether streams come through it is tests/servers/test_proxies.py's question, of the English page's."""
    nginx = command_of("nginx", "nginx-light")
    text = certified(block.text, tmp_path).replace("listen 443", f"listen 127.0.0.1:{free_port()}")
    (tmp_path / "nginx.conf").write_text(f"pid nginx.pid; events {{}}\nhttp {{ access_log off;\n{text}\n}}", "utf-8")
    check(tmp_path, nginx, "-t", "-q", "-e", "stderr", "-p", str(tmp_path), "-c", "nginx.conf")


def test_every_language_has_the_same_nginx() -> None:
    """The Russian page says less, and nothing else."""
    said = [{line.partition("#")[0].strip() for line in block.text.splitlines()} for block in NGINX]
    assert len(said) == 2
    assert min(said, key=len) <= max(said, key=len)


@pytest.mark.parametrize("block", CADDY, ids=lambda block: block.name)
def test_caddy_takes_it(block: Block, tmp_path: Path) -> None:
    (tmp_path / "Caddyfile").write_text(block.text, "utf-8")
    check(tmp_path, command_of("caddy", "caddy"), "adapt", "--config", "Caddyfile", "--adapter", "caddyfile")


@pytest.mark.parametrize("block", HAPROXY, ids=lambda block: block.name)
def test_haproxy_takes_it(block: Block, tmp_path: Path) -> None:
    haproxy = command_of("haproxy", "haproxy")
    (tmp_path / "haproxy.cfg").write_text(certified(block.text, tmp_path), "utf-8")
    check(tmp_path, haproxy, "-c", "-q", "-f", "haproxy.cfg")


@pytest.mark.parametrize("block", TRAEFIK, ids=lambda block: block.name)
def test_traefik_would_find_what_it_names(block: Block, documented: Server) -> None:
    """Debian has no Traefik: the file's own references are followed, and the address that it asks for health."""
    http = yaml.safe_load(block.text)["http"]
    assert set(http) == {"routers", "services"}
    for router in http["routers"].values():
        assert re.fullmatch(r"Host\(`[a-z.]+`\)", router["rule"])
        balancer = http["services"][router["service"]]["loadBalancer"]
        assert balancer["servers"] == [{"url": WRITTEN}]
        with urllib.request.urlopen(documented.url + balancer["healthCheck"]["path"]) as answer:
            assert answer.status == 200


def unit_of(block: Block, directory: Path) -> str:
    """The unit with its folders here: /opt/bridge is the checkout, with a command `bridge`."""
    command = directory / "opt" / ".venv" / "bin" / "bridge"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bridge "$@"\n', "utf-8")
    command.chmod(0o755)
    (directory / "state").mkdir()
    (directory / "bridge.env").write_text("DEMO_MODEL_DELAY=0\n", "utf-8")
    for written, here in {
        "/opt/bridge/.venv": f"{directory}/opt/.venv",
        "/opt/bridge": str(ROOT),
        "/var/lib/bridge": f"{directory}/state",
        "/etc/bridge": f"{directory}/bridge",
    }.items():
        assert written in block.text
        block = Block(block.page, block.line, block.language, block.text.replace(written, here))
    return block.text


@pytest.mark.parametrize("block", SYSTEMD, ids=lambda block: block.name)
def test_systemd_takes_the_unit(block: Block, tmp_path: Path) -> None:
    systemd = command_of("systemd-analyze", "systemd")
    (tmp_path / "bridge.service").write_text(unit_of(block, tmp_path), "utf-8")
    command = [systemd, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "bridge.service")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", SYSTEMD, ids=lambda block: block.name)
def test_the_unit_s_commands_start_reload_and_stop_the_bridge(block: Block, tmp_path: Path) -> None:
    """As systemd runs them, without systemd: its user and its sandbox are left out."""
    text = unit_of(block, tmp_path)
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # the way its documentation names
    unit.read_string(text)
    service = unit["Service"]
    given = dict(line.split("=", 1) for line in re.findall(r"^Environment=(.+)$", text, re.MULTILINE))
    key = subprocess.run(
        [sys.executable, "-m", "bridge", "key", "ann"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    Path(given["BRIDGE_API_KEY_FILE"]).write_text(key.stdout, "utf-8")
    port, log = free_port(), tmp_path / "log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BRIDGE_", "OPENAI_", "AGENT_"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*shlex.split(service["ExecStart"]), "--port", str(port)],
            cwd=service["WorkingDirectory"],
            env={**kept, "PYTHONPATH": str(ROOT), **given},
            stdout=output,
            stderr=output,
        )
    try:
        assert answers(f"http://127.0.0.1:{port}/healthz", process), log.read_text("utf-8")
        assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
        process.send_signal(signal.SIGHUP)
        assert answers(f"http://127.0.0.1:{port}/healthz", process)
    finally:
        process.terminate()
        process.wait(float(service["TimeoutStopSec"]))
    assert "the API keys were read again" in log.read_text("utf-8")
    assert Path(given["BRIDGE_DB"]).exists()
