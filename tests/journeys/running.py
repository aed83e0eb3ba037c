"""A real server on its own port, with the demo's people and places; jobs are done when a test says so."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from app.embedded import Server, create_database

FAIRHAUL = Path(sys.executable).with_name("fairhaul")
READY_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Running:
    """A server at `address`; `fairhaul(...)` runs the command on the same data."""

    address: str
    environment: dict[str, str]

    def fairhaul(self, *arguments: str) -> str:
        done = subprocess.run(
            [FAIRHAUL, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def do_jobs(self) -> None:
        """Everything that waits in the queue, as a worker does it."""
        self.fairhaul("worker", "--once")


@pytest.fixture(scope="session")
def running(
    server: Server, worker_id: str, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": create_database(server, f"journeys_{worker_id}", migrated),
        "DATA": str(tmp_path_factory.mktemp("journeys")),
        "PORT": str(port),
        "DEMO": "1",
    }
    made = Running(f"http://127.0.0.1:{port}", environment)
    made.fairhaul("demo", "load")
    said = (Path(environment["DATA"]) / "serve.log").open("w")  # a pipe that nobody reads fills up
    web = subprocess.Popen([FAIRHAUL, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=said)
    try:
        transport = httpx.HTTPTransport(retries=READY_WITHIN)
        with httpx.Client(transport=transport, timeout=READY_WITHIN) as client:
            assert client.get(f"{made.address}/health").json()["status"] == "ok"
        yield made
    finally:
        web.terminate()
        web.wait(timeout=20)
        said.close()
