"""Today's ratios beside those of the last release.

    python benchmarks/run.py [--only prior batch] [--rounds 3] [--small] [--release] [--check]

Runs the benchmarks of speed, each in a process of its own. Each times two sides in turns and so
gives ratios that hold on other machines too, larger being better. Adds a line to ``history.jsonl``
and prints a table. ``--check`` ends with exit code 1 where a ratio fell by more than 15 % since the
last release. ``--release`` marks the line as that of a release. ``--small`` tries in a minute
or two that all of it works, and adds no line: its ratios mean nothing. The machine should be idle.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HISTORY = HERE / "history.jsonl"
NAMES = ("prior", "foreground", "multiclass", "double_dip", "batch", "startup")
FELL = 0.15


def read_history(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a history, the oldest first."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def add_to_history(path: Path, entry: Mapping[str, Any]) -> None:
    """Add a line."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")


def last_release(history: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, float]]:
    """Return of each ratio the version and the value of the last release that has it."""
    found: dict[str, tuple[str, float]] = {}
    for entry in history:
        if entry["release"]:
            for name, value in entry["ratios"].items():
                found[name] = entry["version"], value
    return found


def table(today: Mapping[str, float], before: Mapping[str, tuple[str, float]]) -> str:
    """Set today's ratios beside those before; what fell by more than ``FELL`` is marked."""
    width = max(map(len, today), default=0)
    lines = [f"{'':{width}}  {'today':>7}  {'before':>7}  {'change':>7}"]
    for name, value in today.items():
        line = f"{name:{width}}  {value:7.2f}"
        if name in before:
            version, old = before[name]
            change = value / old - 1
            mark = "  FELL" if name in fallen({name: value}, before) else ""
            line += f"  {old:7.2f}  {change:+7.0%}  ({version}){mark}"
        lines.append(line)
    return "\n".join(lines)


def fallen(today: Mapping[str, float], before: Mapping[str, tuple[str, float]]) -> list[str]:
    """Names of the ratios that fell by more than ``FELL``."""
    return [name for name, value in today.items()
            if name in before and value / before[name][1] - 1 < -FELL]  # fmt: skip


def processor() -> str:
    """Name the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def described() -> str:
    """Name the commit, as ``git describe`` does; nothing outside of a repository."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--tags"],
        cwd=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip()


def run(name: str, rounds: int, small: bool) -> dict[str, float]:
    """Run one benchmark, its output shown, and return its ratios."""
    code = f"import json, {name}; print(json.dumps({name}.ratios({rounds}, {small})))"
    words = [sys.executable, "-u", "-c", code]
    last = ""
    with subprocess.Popen(words, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(last, end="", flush=True)
            last = line
    if process.returncode:
        raise SystemExit(f"{last}{name} has failed")
    ratios: dict[str, float] = json.loads(last)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME",
                        help=f"some of {', '.join(NAMES)}")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--release", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()

    from segprior import __version__

    history = read_history(HISTORY)
    today: dict[str, float] = {}
    for name in options.only:
        print(f"== {name}", flush=True)
        today |= run(name, options.rounds, options.small)
    if options.small:
        print(f"\n{table(today, {})}")
        return
    before = last_release(history)
    print(f"\n{table(today, before)}")
    entry = {
        "version": __version__,
        "release": options.release,
        "date": date.today().isoformat(),
        "commit": described(),
        "source": f"benchmarks/run.py --rounds {options.rounds}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "ratios": {name: round(value, 3) for name, value in today.items()},
    }
    add_to_history(HISTORY, entry)
    if options.check and (names := fallen(today, before)):
        raise SystemExit(f"slower than the last release by more than 15 %: {', '.join(names)}")


if __name__ == "__main__":
    main()
