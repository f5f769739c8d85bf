"""Customer reports every Monday, made by kpikit in an environment of its own, started by Apache Airflow 3."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

FOLDER = "/srv/shop"  # where kpikit.yaml lies, on the workers
KPIKIT = f"{FOLDER}/.venv/bin/kpikit"  # not Airflow's own environment: each pins its packages
# The day is the run's own, not the clock's: a retry, or a run cleared next week, reports on the same data.
COMMAND = f'{KPIKIT} run --as-of "{{{{ dag_run.run_after | ds }}}}" --retries 2 --log-format json'

with DAG(
    dag_id="customer_reports",
    schedule="0 6 * * MON",  # UTC, unless the start date has a time zone
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="reports",
        cwd=FOLDER,
        bash_command=COMMAND,
        # ${SHOP_PASSWORD} in kpikit.yaml; Airflow masks a connection's password in its logs.
        env={"SHOP_PASSWORD": "{{ conn.shop.password }}", "KPIKIT_HASH_KEY": "{{ var.value.kpikit_hash_key }}"},
        append_env=True,
        skip_on_exit_code=[6],  # another run is making the same report: leave it to that one
        retries=3,  # for 7, data that are not there yet; a wrong setting (2) fails again within seconds
        retry_delay=timedelta(minutes=30),
        execution_timeout=timedelta(hours=2),
    )
