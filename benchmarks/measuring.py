"""Time, peak memory and spilled bytes of one step, measured in a process of its own.

``python -m benchmarks.measuring MODULE:FUNCTION ARGUMENTS RESULT`` is that process: the function prepares (imports,
connects) and returns the step to be timed; what the step returns is written to RESULT, so that it can be compared.
"""

from __future__ import annotations

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet  # noqa: F401 - so that no step pays for its import

ROOT = Path(__file__).parents[1]
SAMPLED_EVERY_SECONDS = 0.05
MB = 1_000_000


@dataclass(frozen=True)
class Measured:
    """``seconds`` and ``cpu_s`` (all threads) of the step; ``peak_mb`` of the whole process; ``spill_mb`` on disk."""

    seconds: float
    peak_mb: float
    spill_mb: float
    answer: Any
    cpu_s: float = 0.0


class DidNotFinishError(Exception):
    """A step that ended with an error; the text says which."""


def measure(step: str, arguments: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Measured:
    """Run ``benchmarks.MODULE:FUNCTION`` in a child process; ``answer`` is its DataFrame or its JSON."""
    with tempfile.TemporaryDirectory(prefix="kpikit-bench-") as folder:
        spill, result = Path(folder) / "spill", Path(folder) / "result"
        spill.mkdir()
        limits = {**os.environ, "KPIKIT_TEMP_DIRECTORY": str(spill), **(environment or {})}
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.measuring", step, json.dumps(arguments), result]
        with (Path(folder) / "errors").open("w+") as errors:
            child = subprocess.Popen(list(map(str, command)), cwd=ROOT, env=limits, stderr=errors, stdout=errors)
            most = 0
            while child.poll() is None:
                most = max(most, size_of(spill))
                time.sleep(SAMPLED_EVERY_SECONDS)
            errors.seek(0)
            said = errors.read()
        if child.returncode:
            raise DidNotFinishError(_reason(said, child.returncode))
        facts = json.loads(result.with_suffix(".json").read_text(encoding="utf-8"))
        table = result.with_suffix(".parquet")
        answer = pd.read_parquet(table) if table.exists() else facts["answer"]
        return Measured(facts["seconds"], facts["peak_mb"], most / MB, answer, facts["cpu_s"])


def _reason(said: str, status: int) -> str:
    """Return the last error that a process named, or how it ended."""
    named = [text.strip() for text in said.splitlines() if re.match(r"\s*[\w.]+(Error|Exception|Missing)\b", text)]
    return named[-1] if named else f"ended by signal {-status}" if status < 0 else f"ended with {status}"


def alternately(steps: Mapping[str, tuple[str, Mapping[str, Any]]], rounds: int) -> dict[str, Measured]:
    """Return the median time and memory of each step, run in turn, so that a busy minute falls on all of them."""
    runs = [{name: measure(step, arguments) for name, (step, arguments) in steps.items()} for _ in range(rounds)]
    return {name: median([each[name] for each in runs]) for name in steps}


def median(runs: list[Measured]) -> Measured:
    """Return the medians of several runs of one step, with the last answer."""
    names = ("seconds", "cpu_s", "peak_mb", "spill_mb")
    middle = {name: statistics.median(getattr(each, name) for each in runs) for name in names}
    return Measured(answer=runs[-1].answer, **middle)


def size_of(folder: Path) -> int:
    """Return the bytes that a folder's files take; a file may vanish while it is looked at."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512
        except OSError:
            continue
    return total


def peak_mb() -> float:
    """Return the most memory this process has held; Linux counts it since the program began, others since the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        held = next(text for text in status.read_text(encoding="utf-8").splitlines() if text.startswith("VmHWM"))
        return int(held.split()[1]) * 1024 / MB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB


def main(step: str, arguments: str, result: str) -> None:
    module, function = step.split(":")
    timed = getattr(import_module(f"benchmarks.{module}"), function)(**json.loads(arguments))
    start, cpu = time.perf_counter(), time.process_time()
    answer = timed()
    facts = {"seconds": time.perf_counter() - start, "cpu_s": time.process_time() - cpu, "peak_mb": peak_mb()}
    if hasattr(answer, "to_parquet"):  # a DataFrame, or a table that the engine holds
        answer.to_parquet(Path(result).with_suffix(".parquet"))
    else:
        facts["answer"] = answer
    Path(result).with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
