"""Devices and threads are found out, with PyTorch asked only where it must be."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from segprior.errors import ConfigError
from segprior.runtime.devices import check_device, is_cpu, resolve_device, thread_count


def test_the_processor_is_always_there() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert is_cpu("cpu")
    assert is_cpu(torch.device("cpu"))


def test_auto_takes_what_there_is() -> None:
    there = torch.cuda.is_available() or torch.backends.mps.is_available()
    assert (resolve_device("auto").type == "cpu") is not there
    assert is_cpu("auto") is not there


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "vulkan"])
def test_unknown_devices_are_refused(device: str) -> None:
    for ask in (is_cpu, check_device):
        with pytest.raises(ConfigError, match="choose auto"):
            ask(device)
    check_device("cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_missing_is_refused() -> None:
    with pytest.raises(ConfigError, match="not available here"):
        is_cpu("cuda")


def test_a_driver_makes_auto_ask_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolved(device: str) -> torch.device:
        asked.append(device)
        return torch.device("meta")

    monkeypatch.setattr("segprior.runtime.devices.DRIVERS", ("/",))
    monkeypatch.setattr("segprior.runtime.devices.resolve_device", resolved)
    assert not is_cpu("auto")
    assert asked == ["auto"]


def test_threads_are_those_pytorch_is_set_to() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert thread_count() == 3
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("limit", "count"), [("1", 1), ("2,1", 2)])
def test_without_pytorch_the_environment_says(limit: str, count: int) -> None:
    script = (
        "import sys, segprior.runtime.devices as d; print(d.thread_count(), 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"OMP_NUM_THREADS": limit, "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(count), "False"]
