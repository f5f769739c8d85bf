"""How results look in a notebook: a small style sheet that each carries, for JupyterLab's light and dark themes.

A published page has its own (``report/templates``); the export takes this one off. Every rule is for a result of
kpikit in an output of JupyterLab, so nothing else in the notebook changes.
"""

from __future__ import annotations

from kpikit.palette import DARK, LIGHT

IN_OUTPUT = ".jp-RenderedHTML"
IN_THE_DARK = '[data-jp-theme-light="false"] .jp-RenderedHTML'
GROUND = "#f1f4f7"  # figures have dark ink on no ground: in the dark they stand on a light panel
RULES = """
.kk-tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(13em, 1fr)); gap: 1em 1.75em }
.kk-tile { padding-top: .5em; border-top: 2px solid currentColor }
:is(.kk-tile > *, .kk-changes > p) { margin: 0 0 .2em }
.kk-tile > :is(h3, h4) { font-size: 1em; font-weight: 600 }
.kk-value { font-size: 1.7em; font-weight: 600; line-height: 1.25 }
:is(.kk-status, .kk-state, .kk-counts) { font-weight: 600 }
:is(.kk-period, .kk-interval, .kk-count, .kk-noise, .kk-note, .kk-owner, .kk-context, .kk-question) { opacity: .8 }
.kk-day { white-space: nowrap }
.kk-figure { margin: 0 0 1.5em }
.kk-figure img { display: block; max-width: 100%; height: auto; margin: .75em 0 }
.kk-multiples { display: grid; grid-template-columns: repeat(auto-fit, minmax(20em, 1fr)); gap: 1em 2em }
.kk-scroll { overflow-x: auto }
.kk-table caption { text-align: left; padding-bottom: .4em; opacity: .8 }
.kk-table :is(th, td) { text-align: left; vertical-align: top }
.kk-table :is(th, td).kk-num { text-align: right; white-space: nowrap }
.kk-data > summary { cursor: pointer }
.kk-card { display: grid; grid-template-columns: 6em minmax(0, 1fr); gap: .2em 1em }
.kk-card > * { margin: 0 }
.kk-card dt { opacity: .8 }
"""
TONES = {":is(.kk-good, .kk-pass)": "good", ":is(.kk-warn, .kk-review)": "warn", ":is(.kk-bad, .kk-fail)": "bad"}


def _style() -> str:
    rules = [f"{IN_OUTPUT} {rule}" for rule in RULES.strip().splitlines()]
    rules += [f"{IN_OUTPUT} {name} {{ color: {LIGHT[tone]} }}" for name, tone in TONES.items()]
    rules += [f"{IN_THE_DARK} {name} {{ color: {DARK[tone]} }}" for name, tone in TONES.items()]
    panel = f"background: {GROUND}; padding: .6em; border-radius: 4px"
    rules.append(f"{IN_THE_DARK} :is(.kk-figure img, .kk-spark) {{ {panel} }}")
    return "<style>\n" + "\n".join(rules) + "\n</style>\n"


STYLE = _style()
