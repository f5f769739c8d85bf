"""Reports out: from a notebook to one gated HTML page, its files and its place in the history.

Read it in the order of a run: ``parameters`` and ``notebooks`` (what may be asked), ``kernel``, ``warm`` and
``forking`` (how kernels start), ``execute`` (papermill), ``payloads`` (what the notebook says about itself),
``audiences`` (what of it a reader gets), ``export`` and ``look`` (the page), ``gate`` and ``disclosure`` (what no page
may have), ``pdf``, ``manifest``, ``store`` and ``catalogue`` (what stays), ``history``, ``comparing``, ``decomposing``
and ``changes`` (what is other than in the run before), ``attempt`` (all of it, for one notebook), ``locks``,
``stopping`` and ``logs`` (what a scheduler builds on), ``run`` (one notebook beside the other). Beside the runs:
``differing`` (two runs told apart) and ``beginning`` (a new notebook).
"""
