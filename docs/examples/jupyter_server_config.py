"""Jobs of JupyterLab that end with kpikit's report. Copy into a folder that `jupyter --paths` lists under config."""

c = get_config()  # noqa: F821 - Jupyter puts it here
c.Scheduler.execution_manager_class = "kpikit.scheduling.ReportExecutionManager"
