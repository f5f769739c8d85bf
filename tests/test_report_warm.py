"""Kernels that are forked: they do as kernels that start anew, know nothing of each other, and never outlive a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import GOOD_CELLS, PAGE

from kpikit.errors import KernelDiedError, RunTimeoutError
from kpikit.report import notebooks, run, warm
from kpikit.report.execute import Limits, execute
from kpikit.report.run import Outcome
from kpikit.report.stopping import Stop
from kpikit.report.warm import Forks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not warm.FORKS_ARE_SAFE, reason="needs forks that are safe: Linux"),
]
SLEEPS = "import time\ntime.sleep(600)"
WHERE = "import os, json\nprint(json.dumps([os.getpid(), os.getppid()]))"
STATE = """import json, logging, os, signal, sys, warnings
environment = {name: value for name, value in sorted(os.environ.items()) if name != "JPY_PARENT_PID"}
names = ("SIGINT", "SIGTERM", "SIGCHLD", "SIGHUP", "SIGPIPE")
said = [json.dumps(environment), [str(signal.getsignal(getattr(signal, name))).split(" at ")[0] for name in names]]
said += [signal.pthread_sigmask(signal.SIG_BLOCK, []), sys.path, sys.argv[0], sys.argv[1::2], os.getcwd(), sys.flags]
said += [str(one) for one in warnings.filters if one[1] is None and one[2].__module__ == "builtins"]
said += [logging.getLogger().handlers, sys.__stdin__.read(), os.getpgid(0) == os.getpid() == os.getsid(0)]
print(*said, os.environ["JPY_PARENT_PID"] == str(os.getppid()), sep="\\n")"""
DRAWN = """import matplotlib.pyplot as plt
plt.plot([1, 2, 3])
plt.title(plt.get_backend());"""
COUNTED = """import duckdb, numpy as np, pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
rows = np.random.default_rng(1).normal(size=(400, 3))
risk = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(rows, rows[:, 0] > 0).predict_proba(rows)
total = duckdb.sql("SELECT sum(range) FROM range(100000)").fetchall()
print(risk.sum(axis=0).tolist(), (rows.T @ rows).tolist(), total)
pd.DataFrame(rows).describe()"""


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with Forks(tmp_path_factory.mktemp("forks"), at_once=True) as shared:
        yield shared


def outputs(path: Path, folder: Path, forks: Forks | None, **parameters: Any) -> list[Any]:
    """Execute a notebook; return the outputs of each code cell."""
    made = execute(notebooks.read(path), folder / "out.ipynb", parameters, working_folder=folder, forks=forks)
    return [cell.outputs for cell in made.cells if cell.cell_type == "code"]


def printed(path: Path, folder: Path, forks: Forks | None) -> str:
    return outputs(path, folder, forks)[-1][0].text


def ran(tmp_path: Path, forks: Forks, *paths: Path, **options: Any) -> list[Outcome]:
    jobs, _ = run.plan([notebooks.read(path) for path in paths], {})
    return run.run(jobs, tmp_path / "reports", working_folder=tmp_path, forks=forks, **options)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def noted(folder: Path) -> list[int]:
    """Return the process ids that notebooks have noted: their own and their parents'."""
    return [int(number) for path in folder.glob("*.pids") for number in path.read_text().split()]


def notes(name: str) -> str:
    """Return a cell that notes who runs it, whole or not at all."""
    return (
        f"import os\nopen('{name}.part', 'w').write(f'{{os.getpid()}} {{os.getppid()}}')\n"
        f"os.rename('{name}.part', '{name}.pids')"
    )


def test_a_forked_kernel_does_as_one_that_starts_anew(tmp_path: Path, make_notebook, forks: Forks, monkeypatch) -> None:
    monkeypatch.setenv("KPIKIT_MARK", "ünusual \udcff")
    path = make_notebook([STATE, DRAWN, COUNTED])
    anew, forked = outputs(path, tmp_path, None), outputs(path, tmp_path, forks)
    assert "KPIKIT_MARK" in anew[1][0].text
    assert any("image/png" in output.get("data", {}) for output in anew[2])
    assert forked[1][0].text.splitlines() == anew[1][0].text.splitlines()
    assert forked == anew


def test_it_is_forked_and_the_next_is_forked_from_the_same(tmp_path: Path, make_notebook, forks: Forks) -> None:
    path = make_notebook([WHERE])
    (first, parent), (second, same) = (json.loads(printed(path, tmp_path, forks)) for _ in range(2))
    assert parent == same == forks.pid != os.getpid()
    assert first != second


def test_nothing_goes_from_one_notebook_to_the_next(tmp_path: Path, make_notebook, forks: Forks) -> None:
    changed = """import os, random, sys, warnings, numpy, pandas, matplotlib, kpikit
os.environ["KPIKIT_LEFT"] = "x"
os.chdir("/")
matplotlib.rcParams["font.size"] = 33
pandas.set_option("display.max_rows", 7)
kpikit.left = sys.left = left = 1
warnings.simplefilter("ignore")"""
    looked = """import os, random, sys, warnings, numpy, pandas, matplotlib, kpikit
found = [os.environ.get("KPIKIT_LEFT"), os.getcwd(), matplotlib.rcParams["font.size"]]
found += [pandas.get_option("display.max_rows"), hasattr(kpikit, "left"), hasattr(sys, "left"), "left" in globals()]
print(found, len(warnings.filters))"""
    before = printed(make_notebook([looked], name="looks"), tmp_path, forks)
    outputs(make_notebook([changed], name="changes"), tmp_path, forks)
    assert printed(make_notebook([looked], name="looks"), tmp_path, forks) == before


def test_two_kernels_do_not_draw_the_same(tmp_path: Path, make_notebook, forks: Forks) -> None:
    path = make_notebook(
        ["import random, uuid, numpy\nprint([random.random(), numpy.random.random(), uuid.uuid4().hex])"]
    )
    one, other = (eval(printed(path, tmp_path, forks)) for _ in range(2))
    assert not {str(value) for value in one} & {str(value) for value in other}


@pytest.mark.parametrize("end", ["os._exit(1)", "os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 11)"])
def test_a_forked_kernel_that_dies_is_said_to_be_dead(tmp_path: Path, make_notebook, forks: Forks, end: str) -> None:
    (outcome,) = ran(tmp_path, forks, make_notebook([f"import os\n{end}"]))
    assert isinstance(outcome.error, KernelDiedError)
    assert run.exit_code([outcome]) == 5


def test_a_cell_without_end_is_stopped_with_what_it_has_started(tmp_path: Path, make_notebook, forks: Forks) -> None:
    child = "import subprocess\nopen('child.pids', 'w').write(str(subprocess.Popen(['sleep', '600']).pid))"
    path = make_notebook([notes("own"), child, "while True: pass"])
    (outcome,) = ran(tmp_path, forks, path, limits=Limits(cell_seconds=1.5))
    assert isinstance(outcome.error, RunTimeoutError)
    left = set(noted(tmp_path)) - {forks.pid}
    assert len(left) == 2
    wait_for(lambda: not any(map(alive, left)), 10)
    assert alive(forks.pid)


def test_eight_at_once(tmp_path: Path, make_notebook, forks: Forks) -> None:
    paths = [make_notebook([*GOOD_CELLS, notes(f"n{one}")], name=f"n{one}") for one in range(8)]
    outcomes = ran(tmp_path, forks, *paths, workers=8)
    assert [outcome.status for outcome in outcomes] == ["succeeded"] * 8
    assert len(set(noted(tmp_path))) == 9  # eight kernels and what they were forked from


def test_asked_to_end_nothing_lives_on(tmp_path: Path, make_notebook) -> None:
    paths, stop = [make_notebook([PAGE, notes(name), SLEEPS], name=name) for name in ("a", "b")], Stop()
    ask = threading.Thread(target=lambda: (wait_for(lambda: len(noted(tmp_path)) == 4), stop.ask()))
    ask.start()
    with Forks(tmp_path) as own:
        outcomes = ran(tmp_path, own, *paths, workers=2, stop=stop)
    ask.join()
    assert [outcome.error.kind for outcome in outcomes] == ["interrupted", "interrupted"]
    assert own.pid in noted(tmp_path)
    wait_for(lambda: not any(map(alive, noted(tmp_path))), 10)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_the_command_ends_and_leaves_no_process(tmp_path: Path, make_notebook, number: int, code: int) -> None:
    """Killed outright, it can tell nobody: what it has forked from sees its pipe close, its kernels another's."""
    paths = [str(make_notebook([PAGE, notes(name), SLEEPS], name=name)) for name in ("a", "b")]
    words = [sys.executable, "-m", "kpikit", "run", "--jobs", "2", "--force", *paths]
    running = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(noted(tmp_path)) == 4)
    assert len(set(noted(tmp_path))) == 3
    assert running.pid not in noted(tmp_path)
    running.send_signal(number)
    assert running.wait(30) == code
    wait_for(lambda: not any(map(alive, noted(tmp_path))), 10)


def test_without_what_it_was_forked_from_a_kernel_dies_and_the_next_starts_anew(tmp_path: Path, make_notebook) -> None:
    paths = [make_notebook([PAGE, notes(name), SLEEPS], name=name) for name in ("a", "b")]
    good = make_notebook([*GOOD_CELLS, notes("good")], name="good")
    with Forks(tmp_path) as own:
        kill = threading.Thread(
            target=lambda: (wait_for(lambda: len(noted(tmp_path)) == 4), os.kill(own.pid, signal.SIGKILL))
        )
        kill.start()
        first, second = ran(tmp_path, own, *paths, workers=2)
        kill.join()
        wait_for(lambda: not any(map(alive, noted(tmp_path))), 10)
        (third,) = ran(tmp_path, own, good)
    assert run.exit_code([first, second]) == 5
    assert third.status == "succeeded"
    assert str(os.getpid()) in (tmp_path / "good.pids").read_text().split()


def test_where_forks_are_not_safe_or_not_wanted_kernels_start_anew(tmp_path: Path, make_notebook, monkeypatch) -> None:
    path = make_notebook([WHERE])
    with Forks(tmp_path, is_wanted=False, at_once=True) as unwanted:
        assert json.loads(printed(path, tmp_path, unwanted))[1] == os.getpid()
    monkeypatch.setattr(warm, "FORKS_ARE_SAFE", False)
    with Forks(tmp_path, at_once=True) as unsafe:
        assert json.loads(printed(path, tmp_path, unsafe))[1] == os.getpid()
    assert (unwanted.pid, unsafe.pid) == (None, None)


def test_killed_while_it_imports_nothing_stays(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from kpikit.report.warm import Forks\n"
        "print(Forks(Path.cwd(), at_once=True).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == -9
    wait_for(lambda: not alive(int(done.stdout)), 20)
