"""Reports out: from a notebook to one gated HTML page, its files and its place in the history.

Read it in the order of a run: ``parameters`` and ``notebooks`` (what may be asked), ``kernel`` and ``execute``
(papermill), ``payloads`` (what the notebook says about itself), ``export`` and ``look`` (the page), ``gate`` (what no
page may have), ``manifest``, ``store`` and ``catalogue`` (what stays), ``run`` (all of it, one notebook beside the
other).
"""
