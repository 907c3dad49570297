"""A batch on Dask workers over TLS, with certificates on both sides; and without, refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.commands import picture
from tests.helpers.folders import rows

pytest.importorskip("distributed", reason="distributed is not installed")
pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates"),
    pytest.mark.skipif(os.name != "posix", reason="ends its processes by group"),
]

SETTINGS = "DASK_DISTRIBUTED__COMM__"


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificates(folder: Path) -> None:
    """As docs/cluster.md makes them: an authority of our own, and one certificate of it for all."""
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(folder, *new, "-x509", "-days", "2", "-subj", "/CN=ours", "-keyout", "ca.key",
            "-out", "ca.pem")  # fmt: skip
    openssl(folder, *new, "-subj", "/CN=dask", "-keyout", "dask.key", "-out", "dask.csr")
    openssl(folder, "x509", "-req", "-in", "dask.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-out", "dask.pem")  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    found = {**os.environ, "PYTHONPATH": paths, f"{SETTINGS}TLS__CA_FILE": str(folder / "ca.pem"),
             f"{SETTINGS}REQUIRE_ENCRYPTION": "true"}  # fmt: skip
    for part in ("SCHEDULER", "WORKER", "CLIENT"):
        found[f"{SETTINGS}TLS__{part}__CERT"] = str(folder / "dask.pem")
        found[f"{SETTINGS}TLS__{part}__KEY"] = str(folder / "dask.key")
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("tls")
    certificates(folder)
    file = folder / "scheduler.json"
    where = ["--scheduler-file", str(file), "--protocol", "tls", "--host", "127.0.0.1"]
    scheduler = ["-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", *where]
    worker = ["-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", *where,
              "--no-nanny", "--local-directory", str(folder)]  # fmt: skip
    with (folder / "log").open("w") as log:
        processes = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", *words], stdout=log, stderr=log, cwd=folder,
                env=environment(folder), start_new_session=True,
            )
            for words in (scheduler, worker)
        ]  # fmt: skip
        try:
            while not file.exists():
                assert processes[0].poll() is None, (folder / "log").read_text()
                time.sleep(0.05)
            yield folder, json.loads(file.read_text())["address"]
        finally:
            for process in reversed(processes):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def batch(
    folder: Path, address: str, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "segprior", "batch", "foreground", "in", "-o",
         "out", "--dask", address],
        cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_with_certificates(place: tuple[Path, str]) -> None:
    folder, address = place
    assert address.startswith("tls://127.0.0.1:")
    (folder / "in").mkdir()
    picture(folder / "in" / "a.png")
    done = batch(folder, address, environment(folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "out: 1 done of 1\n", "")
    assert rows(folder / "out")["a.png"]["error"] is None


def refused(folder: Path, address: str, variables: dict[str, str], line: str) -> None:
    (folder / "in").mkdir(exist_ok=True)
    picture(folder / "in" / "b.png")
    done = batch(folder, address, variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"segprior: {line}")
    assert done.stderr.count("\n") == 1
    assert not (folder / "out" / "b.png").exists()


def test_without_certificates_nothing_is_done(place: tuple[Path, str]) -> None:
    folder, address = place
    plain = {name: value for name, value in environment(folder).items() if SETTINGS not in name}
    refused(folder, address, plain, f"{address} wants certificates; name them to Dask as docs")
    file = str(folder / "scheduler.json")
    refused(folder, file, plain, f"{file} wants certificates")
    gone = environment(folder) | {f"{SETTINGS}TLS__CLIENT__KEY": str(folder / "gone.key")}
    refused(folder, address, gone, f"cannot use the certificates for {address}: ")


def test_strangers_are_not_let_in(place: tuple[Path, str]) -> None:
    folder, address = place
    (folder / "theirs").mkdir()
    certificates(folder / "theirs")
    theirs = environment(folder / "theirs")
    refused(folder, address, theirs, f"no Dask scheduler at {address}: ")
    plain = {name: value for name, value in environment(folder).items() if SETTINGS not in name}
    tcp = address.replace("tls://", "tcp://")
    refused(folder, tcp, plain, f"no Dask scheduler at {tcp}: ")
