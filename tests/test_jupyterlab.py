"""Every notebook in JupyterLab itself, driven in a browser: opened, all cells run, its figures seen, no error."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupyter_servers
import pytest
from jupyter_servers import ROOT, Server

pytestmark = pytest.mark.slow

NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
SIDE_BY_SIDE = 2
RUN_SECONDS, WAIT_MS = 900, 120_000  # on a busy machine; a quiet one takes some two minutes
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every output is in the page, scrolled to or not
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
DARK = {"apputils-extension/themes": {"theme": "JupyterLab Dark"}}
# Who else speaks on the console: extensions that name the JupyterLab they were built for.
OTHERS = ("Unsatisfied version",)
FACTS = """() => {
  const shown = [...document.querySelectorAll('.jp-NotebookPanel .jp-OutputArea-output')];
  const kind = output => output.dataset.mimeType || '';
  const images = shown.flatMap(output => [...output.querySelectorAll('img')]);
  const seen = image => image.complete && image.naturalWidth > 20 && image.clientWidth > 20 && image.clientHeight > 10;
  const tile = document.querySelector('.jp-RenderedHTML .kk-tiles');
  const figure = document.querySelector('.jp-RenderedHTML .kk-figure img');
  return {
    outputs: shown.length,
    errors: shown.filter(output => /stderr|error/.test(kind(output))).map(output => output.textContent),
    results: shown.filter(output => kind(output) === 'text/html').length,
    written: shown.filter(output => /<style|kk-/.test(output.innerText)).length,
    images: images.length,
    unseen: images.filter(image => !seen(image)).map(image => image.alt || image.src.slice(0, 80)),
    tiles: tile && getComputedStyle(tile).display,
    ground: figure && getComputedStyle(figure).backgroundColor,
  };
}"""

IDLE = ".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status=idle]"
DONE = """() => {
  const prompts = [...document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell .jp-InputPrompt')];
  const texts = prompts.map(prompt => prompt.textContent);
  const failed = document.querySelector('.jp-OutputArea-output[data-mime-type$=error]');
  const idle = document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]');
  return idle && (failed ? !texts.includes('[*]:') : texts.every(text => /[0-9]/.test(text)));
}"""


@dataclass
class Tab:
    """A notebook that runs in a tab, and what the browser's console said meanwhile."""

    page: Any
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.said.append(message.text))

    def run(self, server: Server, name: str) -> None:
        """Open a notebook, wait for its kernel, and choose Run > Run All Cells."""
        self.page.goto(f"{server.url}lab/workspaces/{name}/tree/{name}.ipynb?token={server.token}")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=WAIT_MS)
        until_ready(server, name)
        self.page.wait_for_selector(IDLE, timeout=WAIT_MS)
        self.page.click("#jp-MainMenu >> text=Run")
        self.page.click(".lm-Menu >> text=Run All Cells")

    def is_done(self) -> bool:
        return bool(self.page.evaluate(DONE))


def until_ready(server: Server, name: str) -> None:
    """Wait until the kernel has answered: what is asked of it before that can be dropped."""
    end = time.monotonic() + WAIT_MS / 1000
    while time.monotonic() < end:
        kernels = [one["kernel"] for one in server.ask("api/sessions") if one["path"] == f"{name}.ipynb"]
        if any(kernel["execution_state"] == "idle" and kernel["connections"] for kernel in kernels):
            return
        time.sleep(0.1)
    raise AssertionError(f"no kernel for {name}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root, home = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("home")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, root)
    set_up(home, SETTINGS | DARK)
    with jupyter_servers.serving(root, home, app="jupyterlab") as running:
        yield running


def set_up(home: Path, settings: dict[str, dict[str, Any]]) -> None:
    for name, values in settings.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")


@pytest.fixture(scope="module")
def ran(server: Server, requires_browser: str) -> dict[str, dict[str, Any]]:
    """What each notebook shows after Run All Cells; two run at a time."""
    from playwright.sync_api import sync_playwright

    found: dict[str, dict[str, Any]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=requires_browser, args=["--no-sandbox", "--disable-gpu"])
        waiting, running, end = list(NAMES), dict[str, Tab](), time.monotonic() + RUN_SECONDS
        while (waiting or running) and time.monotonic() < end:
            while waiting and len(running) < SIDE_BY_SIDE:
                name = waiting.pop(0)
                running[name] = Tab(browser.new_page(viewport={"width": 1400, "height": 900}))
                running[name].listen()
                running[name].run(server, name)
            for name, tab in list(running.items()):
                if tab.is_done():
                    found[name] = tab.page.evaluate(FACTS) | {"said": tab.said}
                    tab.page.close()
                    end_kernel(server, name)
                    del running[name]
            time.sleep(0.5)
        browser.close()
    return found


def end_kernel(server: Server, name: str) -> None:
    for session in server.ask("api/sessions"):
        if session["path"] == f"{name}.ipynb":
            server.ask(f"api/sessions/{session['id']}", "DELETE")


@pytest.mark.parametrize("name", NAMES)
def test_runs_in_jupyterlab_with_its_figures_and_without_an_error(ran: dict[str, Any], name: str) -> None:
    assert name in ran, f"not done within {RUN_SECONDS} s"
    facts = ran[name]
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    assert facts["errors"] == []
    assert facts["written"] == 0, "a style sheet is shown as text"
    assert [text for text in facts["said"] if not text.startswith(OTHERS)] == []
    assert facts["results"] >= sum(cell["cell_type"] == "code" for cell in cells) // 2
    assert facts["images"] >= 2
    assert facts["unseen"] == []
    assert facts["tiles"] == "grid"
    assert facts["ground"] == "rgb(241, 244, 247)", "dark ink needs a light ground in JupyterLab's dark theme"
