"""Figures and tables of what customers say: scores over the scale, by segment, and what they would be of all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kpikit.formatting import number, percent, points
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.figure import figure, is_narrow
from kpikit.plots.html import Format, render, show
from kpikit.results import Result, slug

LONGEST_NAME, LONGEST_NAME_NARROW = 34, 20
MOST_GROUPS = 25
NPS = "nps"


def score_distribution(result: Result) -> Result:
    """Return how many answers gave each score drawn as bars, coloured by class."""
    if result.table.empty:
        return _said(result)
    classes = list(result.facts["classes"])
    return figure(
        result,
        lambda table, ax: draw_distribution(table, ax, classes=classes),
        what="Bars of the share of answers by score",
        height=3.2,
        labels={"score": "Score", "score_class": "Class", "answers": "Answers", "share": "Share"},
        formats={"share": percent},
    )


def draw_distribution(table: pd.DataFrame, ax: Axes, *, classes: list[str]) -> Axes:
    """Draw the share of answers by score; classes are named best first."""
    colours = dict(zip(classes, (LIGHT["good"], LIGHT["muted"], LIGHT["bad"]), strict=True))
    for name, group in table.groupby("score_class"):
        ax.bar(group.score, group.share, width=0.82, color=colours[str(name)], label=str(name))
    handles, labels = ax.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda place: -classes.index(labels[place]))
    ax.legend([handles[k] for k in order], [labels[k] for k in order], loc="best", fontsize=9)
    ax.set(xlabel="Score", ylabel="Share of answers")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))
    if len(table) <= 12:
        ax.set_xticks(table.score, [number(score) for score in table.score])
    return ax


def score_segments(result: Result) -> Result:
    """Return scores by segment drawn as points with their intervals."""
    if result.table.empty:
        return _said(result)
    kind = result.facts["kind"]
    written = _score(kind)
    return figure(
        result,
        lambda table, ax: draw_scores(table.assign(name=table.segment), ax, kind=kind),
        what=f"Scores by {result.facts['by']} with 95 % intervals",
        height=_height(len(result.table)),
        labels=_present(result.table, {
            "segment": "Segment", "answers": "Answers", "n": "Customers", "value": "Score", "low": "Low",
            "high": "High", "rest": "All others", "difference": "Difference", "p_adjusted": "p (adjusted)",
            "verdict": "Verdict",
        }),
        formats={
            "answers": number, "n": number, **dict.fromkeys(("value", "low", "high", "rest"), written),
            "difference": points, "p_adjusted": lambda p: number(p, 3),
        },
    )  # fmt: skip


def survey_bias(result: Result) -> Result:
    """Return the score as answered, weighted, and with the silent allowed for, drawn as points with intervals."""
    if result.table.empty:
        return _said(result)
    kind = result.facts["kind"]
    return figure(
        result,
        lambda table, ax: draw_scores(table.assign(name=table.reading), ax, kind=kind),
        what="The score as answered and as it might be of all who were invited, with 95 % intervals",
        height=_height(len(result.table)),
        labels={"reading": "Reading", "value": "Score", "low": "Low", "high": "High", "answers": "Answers",
                "n_effective": "Worth (independent answers)"},
        formats={**dict.fromkeys(("value", "low", "high"), _score(kind)), "answers": number, "n_effective": number},
    )  # fmt: skip


def draw_scores(table: pd.DataFrame, ax: Axes, *, kind: str) -> Axes:
    """Draw values (−1 to 1) with their intervals, one row each, the first on top."""
    shown = table.head(MOST_GROUPS)
    places = np.arange(len(shown))
    verdicts = shown.verdict if "verdict" in shown.columns else pd.Series("", index=shown.index)
    looks = {"above the rest": (LIGHT["good"], "^"), "below the rest": (LIGHT["bad"], "v")}
    for verdict in verdicts.unique():
        colour, marker = looks.get(str(verdict), (SERIES[0], "o"))
        at = (verdicts == verdict).to_numpy()
        ax.hlines(places[at], shown.low[at], shown.high[at], color=colour, linewidth=2)
        label = str(verdict) if verdict in looks else "no clear difference"
        ax.scatter(shown.value[at], places[at], color=colour, marker=marker, s=46, zorder=3, label=label)
    if verdicts.isin(looks).any():
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8 if is_narrow(ax) else 9)
    longest = LONGEST_NAME_NARROW if is_narrow(ax) else LONGEST_NAME
    ax.set_yticks(places, [_wrapped(str(name), longest) for name in shown.name])
    ax.invert_yaxis()
    ax.margins(y=0.25 / max(len(shown), 1) + 0.08)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.set(xlabel="Score (points, with 95 % interval)" if kind == NPS else "Share of answers (95 % interval)")
    ax.xaxis.set_major_locator(MaxNLocator(4 if is_narrow(ax) else 7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _axis(value, kind)))
    return ax


def response_table(result: Result) -> Result:
    """Return who answers as a table."""
    labels = {"margin": "By", "group": "Group", "invited": "Invited", "answered": "Answered", "rate": "Response rate",
              "of_invited": "Of those asked", "of_answers": "Of the answers", "value": "Score"}  # fmt: skip
    formats = {**dict.fromkeys(("rate", "of_invited", "of_answers"), percent), "invited": number, "answered": number,
               "value": _score(result.facts.get("kind", NPS))}  # fmt: skip
    return _table(result, labels, formats)


def touchpoint_table(result: Result) -> Result:
    """Return scores by touchpoint as a table: net scores in points, others in percent."""
    written = result.table.copy()
    for name in ("value", "low", "high"):
        pairs = zip(written.kind, written[name], strict=True)
        written[name] = [_score(str(kind))(value) for kind, value in pairs]
    labels = {"kind": "Question", "segment": "Touchpoint", "answers": "Answers", "n": "Customers", "value": "Score",
              "low": "Low", "high": "High"}  # fmt: skip
    drawn = _table(Result(result.name, result.kind, result.title, result.text, table=written), labels, {})
    return result.with_html(drawn.html, "table")


def contact_table(result: Result) -> Result:
    """Return what detractors did next, contacted or not, as a table."""
    labels = {"group": "Detractors", "customers": "Customers", "bought": "Ordered later", "share": "Share",
              "low": "Low", "high": "High"}  # fmt: skip
    return _table(result, labels, dict.fromkeys(("share", "low", "high"), percent))


def comment_table(result: Result) -> Result:
    """Return how many answers come with a comment as a table."""
    labels = {"score_class": "Class", "answers": "Answers", "with_comment": "With a comment", "share": "Share"}
    return _table(result, labels, {"share": percent, "answers": number, "with_comment": number})


def off_scale_table(result: Result) -> Result:
    """Return how many answers are set aside for their score as a table."""
    labels = {"kind": "Question", "used": "Used", "rows": "Off their scale", "missing": "Without a score"}
    return _table(result, labels, dict.fromkeys(("used", "rows", "missing"), number))


def _table(result: Result, labels: Mapping[str, str], formats: Mapping[str, Format]) -> Result:
    return _said(result) if result.table.empty else show(result, labels=labels, formats=formats)


def _said(result: Result) -> Result:
    """Return a result without rows: its title and its sentence."""
    html = render("section", name=slug(result.name), title=result.title, text=result.text, table=Markup())
    return result.with_html(html, "table")


def _score(kind: str) -> Format:
    return (lambda value: number(100 * value, 1)) if kind == NPS else percent


def _axis(value: float, kind: str) -> str:
    return number(100 * value) if kind == NPS else percent(value, 0)


def _height(rows: int) -> float:
    return 1.3 + 0.42 * min(rows, MOST_GROUPS)


def _present(table: pd.DataFrame, labels: dict[str, str]) -> dict[str, str]:
    return {name: label for name, label in labels.items() if name in table.columns}


def _wrapped(name: str, longest: int) -> str:
    """Return a name on two lines at most, cut where it is longer."""
    if len(name) <= longest:
        return name
    head = name[:longest].rpartition(" ")[0] or name[:longest]
    tail = name[len(head) :].strip()
    return f"{head}\n{tail if len(tail) <= longest else tail[: longest - 1] + '…'}"
