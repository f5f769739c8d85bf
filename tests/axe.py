"""axe-core, which checks pages for WCAG: fetched from the npm registry once, at one version, and put into a page."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
ASK = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})
  .then(found => ({passed: found.passes.length, violations:
    found.violations.flatMap(rule => rule.nodes.map(node => rule.id + ': ' + node.html))}))"""


def source(folder: Path) -> str:
    """Return the text of axe-core, kept in a folder; nothing where npm is absent or has no registry."""
    kept = folder / f"axe-{VERSION}.min.js"
    if not kept.is_file():
        npm = shutil.which("npm")
        command = [npm, "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", str(folder)]
        if not npm or subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120).returncode:
            return ""
        with tarfile.open(folder / f"axe-core-{VERSION}.tgz") as package:
            found = package.extractfile("package/axe.min.js")
            assert found
            kept.write_bytes(found.read())
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == SHA256, f"{kept} is not axe-core {VERSION}"
    return kept.read_text(encoding="utf-8")


def violations(view: Any, text: str) -> list[str]:
    """Return what axe-core finds on a page in a context made with ``bypass_csp=True``."""
    view.evaluate(text)
    found = view.evaluate(ASK, list(TAGS))
    assert found["passed"] > 5, "axe-core looked at nothing"
    return list(found["violations"])
