"""Tables on PostgreSQL and Spark: the same rows, counts and flags as from a file, and a clear word when they fail."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import engines
import ibis
import pandas as pd
import pytest
from conftest import needs
from typer.testing import CliRunner

import kpikit
from kpikit import cli, datasets
from kpikit.errors import ConfigError, ContractError, DataUnreachableError, KpikitError

LINES = pd.DataFrame(
    [
        # client, order, sold (an instant), qty, unit price, state, delivered (local), refund
        (" c1 ", "o1", "2024-01-05 23:30:00+00:00", 2, 10.25, "paid", "2024-01-08 10:00", False),
        ("c1", "o1", "2024-01-05 23:31:00+00:00", 1, 4.00, "paid", "2024-01-08 10:00", False),
        ("c1", "o1", "2024-01-05 23:31:00+00:00", 1, 4.00, "paid", "2024-01-08 10:00", False),
        ("c2", "o1", "2024-01-06 08:00:00+00:00", 1, 7.50, "paid", None, False),
        ("c2", "o2", "2024-02-29 12:00:00+00:00", -1, 7.50, "paid", None, True),
        (None, "o3", "2024-03-01 12:00:00+00:00", 1, 9.00, "paid", None, None),
        ("  ", "o4", "2024-03-01 12:00:00+00:00", 1, 9.50, "paid", None, None),
        ("c3", "o5", None, 1, 3.00, "paid", None, False),
        ("c3", "o6", "2024-06-30 12:00:00+00:00", 3, 5.00, "test", None, False),
        ("c3", None, "2024-03-31 00:30:00+00:00", 3, 5.00, "paid", "2024-06-01 09:00", False),
        ("c3", None, "2024-03-31 00:30:00+00:00", 3, 5.00, "paid", "2024-06-01 09:00", False),
        ("c4", "o7", "2024-04-30 23:30:00+00:00", 1, 8.00, "paid", "2024-05-02 09:00", False),
        ("c4", "o8", "2024-05-20 12:00:00+00:00", 0, 8.00, "paid", None, False),
    ],
    columns=["client", "Order No", "sold", "qty", "price", "state", "delivered", "is_refund"],
).assign(
    sold=lambda t: pd.to_datetime(t.sold, utc=True).astype("datetime64[us, UTC]"),
    delivered=lambda t: pd.to_datetime(t.delivered).astype("datetime64[us]"),
    is_refund=lambda t: t.is_refund.astype("boolean"),
)
SPANS = pd.DataFrame(
    [(1, "2024-01-01", "2024-04-10", 9.0), (1, "2024-03-01", None, 9.0), (2, "2024-01-15", "2024-05-10", 19.0)],
    columns=["customer_id", "started_at", "ended_at", "monthly_amount"],
).assign(
    started_at=lambda t: pd.to_datetime(t.started_at).dt.date,
    ended_at=lambda t: pd.to_datetime(t.ended_at).astype("datetime64[us]"),
)
CONFIG = """\
business: {{name: Harbor Coffee, timezone: Europe/Lisbon}}
sources: {{shop: {{url: "{url}"{options}}}}}
tables:
  orders:
    from: shop.sales
    columns:
      customer_id: client
      order_id: Order No
      ordered_at: sold
      amount: qty * price
      delivered_at: delivered
      delivered_in: month(delivered)
      half: qty / 2
    keep: state <> 'test'
    drop_duplicates: {drop}
  subscriptions: {{from: shop.spans}}
"""
SCHEMAS = """
CREATE TABLE sales (client text, "Order No" text, sold timestamptz, qty integer, price numeric(10, 2), state varchar(9),
                    delivered timestamp, is_refund boolean);
CREATE TABLE spans (customer_id bigint, started_at date, ended_at timestamp, monthly_amount real);
"""


def _rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in frame.astype(object).itertuples(index=False)
    ]


@pytest.fixture(scope="module")
def postgres_url() -> str:
    needs(engines.NEEDS["postgres"], present=engines.present("postgres"))
    connection = engines.connection("postgres").con
    connection.execute("DROP TABLE IF EXISTS sales, spans")
    connection.execute(SCHEMAS)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO sales VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", _rows(LINES))
        cursor.executemany("INSERT INTO spans VALUES (%s, %s, %s, %s)", _rows(SPANS))
    return engines.postgres().url()


@pytest.fixture(scope="module")
def parquet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    LINES.to_parquet(folder / "sales.parquet", index=False)
    SPANS.to_parquet(folder / "spans.parquet", index=False)
    return folder


PLACES = {
    "postgres copied": ("postgres", ""),
    "postgres in place": ("postgres", ", in_place: true"),
    "spark": ("pyspark", ""),
}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.slow if name == "spark" else ()) for name in PLACES])
def place(request: pytest.FixtureRequest, parquet_folder: Path) -> Iterator[tuple[str, str]]:
    """Url and options of a source that holds the tables."""
    engine, options = PLACES[request.param]
    needs(engines.NEEDS[engine], present=engines.present(engine))
    if engine == "pyspark":
        engines.spark()
        yield f"spark://local{parquet_folder}", options
    else:
        yield request.getfixturevalue("postgres_url"), options


def configured(folder: Path, url: str, options: str = "", drop: str = "false") -> Path:
    """Write a kpikit.yaml; a password in the url becomes an environment variable, as the configuration asks."""
    path = folder / "kpikit.yaml"
    path.write_text(CONFIG.format(url=url, options=options, drop=drop), encoding="utf-8")
    return path


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", engines.PASSWORD)


def hidden(url: str) -> str:
    return url.replace(engines.PASSWORD.replace(" ", "%20"), "${SHOP_PASSWORD}")


def content(data: kpikit.Data, name: str) -> pd.DataFrame:
    frame = data.tables[name].to_pandas()
    times = frame.select_dtypes("datetime").columns
    frame[times] = frame[times].astype("datetime64[us]")
    frame = frame.sort_values(list(frame.columns), ignore_index=True)
    return frame.reindex(columns=sorted(frame.columns))


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("drop", ["false", "true"])
def test_a_server_gives_what_a_file_gives(place, parquet_folder, tmp_path, drop):
    here = kpikit.load(configured(parquet_folder, str(parquet_folder), drop=drop), as_of="2024-05-01")
    there = kpikit.load(configured(tmp_path, hidden(place[0]), place[1], drop), as_of="2024-05-01")
    assert there.as_of == here.as_of
    assert there.newest == here.newest
    assert there.counts == here.counts
    assert sorted((flag.kind, flag.rows, flag.text) for flag in there.flags) == sorted(
        (flag.kind, flag.rows, flag.text) for flag in here.flags
    )
    for name in here.tables:
        pd.testing.assert_frame_equal(content(there, name), content(here, name), check_dtype=False)


@pytest.mark.usefixtures("secret")
def test_the_rows_are_those_that_a_pencil_gives(place, tmp_path):
    data = kpikit.load(configured(tmp_path, hidden(place[0]), place[1], "true"), as_of="2024-05-01")
    assert sorted(content(data, "orders").half) == [-0.5, 0.5, 0.5, 1.5]  # not 0, as integers divide elsewhere
    orders = content(data, "orders").set_index(["customer_id", "order_id"])
    assert orders.loc[("c1", "o1"), "amount"] == 24.5  # its third line is a duplicate that was dropped
    assert orders.loc[("c1", "o1"), "ordered_at"] == pd.Timestamp("2024-01-05 23:30")
    assert orders.loc[("c2", "o2"), "is_activity"] == False  # noqa: E712 - a numpy boolean
    assert "o7" not in orders.index.get_level_values("order_id")  # 23:30 UTC is 00:30 on 1 May in Lisbon
    assert orders.loc["c3"].delivered_at.isna().all()
    assert orders.loc["c3"].delivered_in.isna().all()  # computed from what was not known yet
    assert data.counts["orders"].set_aside == {
        "no customer": 2, "at or after as_of": 2, "exact duplicate": 2, "keep is false": 1, "no date": 1,
    }  # fmt: skip
    spans = content(data, "subscriptions")
    assert spans.ended_at.isna().sum() == 2  # ended on 10 May, which was not known on 1 May


@pytest.mark.usefixtures("secret")
def test_reports_come_from_the_server_in_place(place, tmp_path):
    data = kpikit.load(configured(tmp_path, hidden(place[0]), place[1]), as_of="2024-05-01")
    backend = "duckdb" if place[1] == "" and place[0].startswith("postgres") else place[0].partition(":")[0]
    assert data.orders.get_backend().name == {"spark": "pyspark"}.get(backend, backend)
    table = kpikit.compute(data.tables, kpis=["revenue", "orders"], period="month", as_of=data.as_of)
    january = table[(table.period == "2024-01-01") & (table.kpi == "revenue")]
    assert january.value.item() == 28.5 + 7.5
    assert data.fingerprint == kpikit.load(tmp_path / "kpikit.yaml", as_of="2024-05-01").fingerprint
    assert data.fingerprint != kpikit.load(tmp_path / "kpikit.yaml", as_of="2024-03-01").fingerprint


EXPRESSIONS = {
    "qty / 2": [1.0, 0.5, -0.5],
    "qty * price - 1": [19.5, 3.0, -8.5],
    "abs(qty)": [2, 1, 1],
    "-qty": [-2, -1, 1],
    "floor(price)": [10, 4, 7],
    "greatest(qty, 0)": [2, 1, 0],
    "least(qty, 0)": [0, 0, -1],
    "coalesce(note, 'none')": ["A b", "none", "ü"],
    "nullif(qty, 1)": [2, None, -1],
    "upper(note)": ["A B", None, "Ü"],
    "lower(note)": ["a b", None, "ü"],
    "length(note)": [3, None, 1],
    "trim('  x ')": ["x", "x", "x"],
    "year(sold)": [2024, 2024, 2023],
    "month(sold)": [1, 2, 12],
    "day(sold)": [5, 29, 31],
    "extract(year from sold)": [2024, 2024, 2023],
    "cast(qty as double)": [2.0, 1.0, -1.0],
    "cast(qty as varchar)": ["2", "1", "-1"],
    "cast('2024-02-01' as date) < sold": [False, True, False],
    "case when qty > 1 then 'many' when qty > 0 then 'one' else 'refund' end": ["many", "one", "refund"],
    "qty > 0 and not note is null": [True, False, False],
    "qty in (1, 2) or price between 7 and 8": [True, True, True],
    "note like 'A%'": [True, None, False],
    "note || '!'": ["A b!", None, "ü!"],
    "qty % 2": [0, 1, -1],
}


def _answers(engine: str, tmp_path: Path, folder: Path) -> dict[str, list[Any]]:
    facts = pd.DataFrame(
        [
            ("a", "2024-01-05 10:00", 2, 10.25, "A b"),
            ("b", "2024-02-29 23:00", 1, 4.0, None),
            ("c", "2023-12-31 00:00", -1, 7.5, "ü"),
        ],
        columns=["customer_id", "sold", "qty", "price", "note"],
    )
    facts["sold"] = pd.to_datetime(facts.sold).astype("datetime64[us]")
    facts.to_parquet(folder / "facts.parquet", index=False)
    url, options = str(folder), ""
    if engine == "pyspark":
        url = f"spark://local{folder}"
    elif engine == "postgres":
        url, options = hidden(engines.postgres().url()), ", in_place: true"
        connection = engines.connection("postgres").con
        connection.execute("DROP TABLE IF EXISTS facts")
        connection.execute("CREATE TABLE facts (customer_id text, sold timestamp, qty int, price float8, note text)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO facts VALUES (%s, %s, %s, %s, %s)", _rows(facts))
    columns = {f"x{number}": sql for number, sql in enumerate(EXPRESSIONS)}
    lines = "\n".join(f'      {name}: "{sql}"' for name, sql in columns.items())
    (tmp_path / "kpikit.yaml").write_text(
        f'sources: {{shop: {{url: "{url}"{options}}}}}\ntables:\n  orders:\n    from: shop.facts\n    columns:\n'
        f"      ordered_at: sold\n      amount: price\n{lines}\n",
        encoding="utf-8",
    )
    frame = kpikit.load(tmp_path / "kpikit.yaml").orders.order_by("customer_id").to_pandas()
    return {sql: [None if pd.isna(value) else value for value in frame[name]] for name, sql in columns.items()}


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=pytest.mark.slow if name == "pyspark" else ()) for name in engines.ENGINES]
)
def test_an_expression_means_the_same_everywhere(engine, tmp_path, parquet_folder):
    needs(engines.NEEDS.get(engine, ""), present=engines.present(engine))
    if engine == "pyspark":
        engines.spark()
    assert _answers(engine, tmp_path, parquet_folder) == EXPRESSIONS


@pytest.mark.usefixtures("secret")
def test_a_function_that_may_mean_something_else_is_refused_in_place(postgres_url, tmp_path):
    path = configured(tmp_path, hidden(postgres_url), ", in_place: true")
    path.write_text(path.read_text().replace("month(delivered)", "date_diff('day', sold, delivered)"))
    with pytest.raises(ConfigError, match=r"line 12.*mean the same on DuckDB and PostgreSQL.*DATE_DIFF.*a view"):
        kpikit.load(path)


def test_a_server_that_is_down(tmp_path):
    with pytest.raises(
        DataUnreachableError, match=r"PostgreSQL at 127.0.0.1:1/shop to answer.*refused.*Start the"
    ) as e:
        kpikit.load(configured(tmp_path, "postgres://me@127.0.0.1:1/shop"))
    assert "kpikit.yaml, line 2" in str(e.value)


def test_a_wrong_password_is_never_shown(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/w:rd#%")
    with pytest.raises(DataUnreachableError, match=r"password authentication failed.*Check the user") as error:
        kpikit.load(configured(tmp_path, hidden(postgres_url)))
    assert "p@ss" not in str(error.value)


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("options", ["", ", in_place: true"])
def test_a_table_that_is_not_there(postgres_url, tmp_path, options):
    path = configured(tmp_path, hidden(postgres_url), options)
    path.write_text(path.read_text().replace("shop.sales", "shop.sale"))
    with pytest.raises(ConfigError, match=r"one of the tables .*public.sales.*found 'sale'.*Did you mean 'sales'"):
        kpikit.load(path)


@pytest.mark.usefixtures("secret")
def test_a_database_that_is_not_there(postgres_url, tmp_path):
    with pytest.raises(DataUnreachableError, match=r'database "shopp" does not exist.*Check the database'):
        kpikit.load(configured(tmp_path, hidden(postgres_url).replace("/postgres", "/shopp")))


@pytest.mark.usefixtures("secret")
def test_a_table_that_one_may_not_read(postgres_url, tmp_path, monkeypatch):
    connection = engines.connection("postgres").con
    connection.execute("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'x'")
    monkeypatch.setenv("SHOP_PASSWORD", "x")
    with pytest.raises(DataUnreachableError, match=r"permission denied for table sales.*GRANT SELECT"):
        kpikit.load(configured(tmp_path, hidden(postgres_url).replace("tester:", "reader:")))


@pytest.mark.usefixtures("secret")
def test_a_select_over_one_source_runs_there(place, tmp_path):
    path = configured(tmp_path, hidden(place[0]), place[1])
    select = "SELECT s.client, s.sold, s.qty * s.price AS amount FROM shop.sales s WHERE s.state = 'paid'"
    path.write_text(
        f'sources: {{shop: {{url: "{hidden(place[0])}"{place[1]}}}}}\ntables:\n  orders:\n    sql: {select}\n'
        "    columns: {customer_id: client, ordered_at: sold}\n"
    )
    assert kpikit.load(path).counts["orders"].rows_in == 12


@pytest.mark.usefixtures("secret")
def test_a_select_may_join_a_server_and_a_file(postgres_url, tmp_path):
    pd.DataFrame({"client": ["c2"], "city": ["Faro"]}).to_csv(tmp_path / "cities.csv", index=False)
    path = configured(tmp_path, hidden(postgres_url))
    path.write_text(
        f'sources: {{shop: {{url: "{hidden(postgres_url)}"}}}}\ntables:\n  orders:\n    sql: >\n'
        "      SELECT s.client AS customer_id, s.sold AS ordered_at, s.qty * s.price AS amount, city\n"
        '      FROM shop.sales s JOIN "cities.csv" c USING (client)\n'
    )
    orders = kpikit.load(path).orders.to_pandas()
    assert orders.city.tolist() == ["Faro", "Faro"]


@pytest.mark.usefixtures("secret")
def test_tables_on_two_engines_cannot_be_joined(postgres_url, tmp_path, parquet_folder):
    path = configured(tmp_path, hidden(postgres_url), ", in_place: true")
    path.write_text(path.read_text().replace("shop.spans", str(parquet_folder / "spans.parquet")))
    with pytest.raises(ConfigError, match=r"orders in shop, subscriptions in this process.*in_place: false"):
        kpikit.load(path)


@pytest.mark.parametrize("engine", ["postgres", pytest.param("pyspark", marks=pytest.mark.slow)])
def test_an_ibis_table_stays_where_it_is(engine, postgres_url, parquet_folder):
    needs(engines.NEEDS[engine], present=engines.present(engine))
    backend = engines.connection(engine)
    sales = (
        backend.table("sales") if engine == "postgres" else backend.read_parquet(str(parquet_folder / "sales.parquet"))
    )
    sales = sales.select(customer_id="client", ordered_at="sold", amount=sales.qty * sales.price)
    data = kpikit.load(tables={"orders": sales})
    assert data.orders.get_backend() is backend
    assert data.counts["orders"].set_aside == {"no customer": 2, "no date": 1}


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("column", "expression", "message"),
    [
        ("ordered_at", "state", "ordered_at as a timestamp or a date; found string on Po.*CAST.state AS TIMESTAMP"),
        ("amount", "state", "amount as a number; found string on Po.*CAST.state AS DOUBLE"),
        ("amount", "cast(client as double)", "expressions that PostgreSQL can compute; found invalid input syntax"),
        ("amount", "nullif(qty, 3)", "an amount in every order; found 2 rows"),
        ("amount", "prise", "a column 'prise' in orders.*Did you mean 'price'"),
    ],
)  # fmt: skip
def test_what_a_server_cannot_map_is_said(postgres_url, tmp_path, column, expression, message):
    path = configured(tmp_path, hidden(postgres_url), ", in_place: true")
    old = {"ordered_at": "ordered_at: sold", "amount": "amount: qty * price"}[column]
    path.write_text(path.read_text().replace(old, f"{column}: {expression}"))
    with pytest.raises((ConfigError, ContractError), match=message):
        kpikit.load(path)


def _kill_the_reader(done: threading.Event) -> None:
    """End the connection that reads, as soon as it does."""
    reading = "application_name = 'kpikit' AND state = 'active' AND now() - query_start > interval '0.3 seconds'"
    find = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {reading}"
    with engines.connect_postgres(engines.postgres()).con as connection:
        while not done.wait(0.05) and not connection.execute(find).fetchall():
            pass


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("options", ["", ", in_place: true"])
def test_a_connection_that_is_lost_midway(postgres_url, tmp_path, options):
    slow = "SELECT 'c' || n AS client, now() AS sold, 1.0 AS price, 1 AS qty, pg_sleep(0.01)::text AS wait"
    engines.connection("postgres").con.execute(f"CREATE OR REPLACE VIEW slow AS {slow} FROM generate_series(1, 1000) n")
    path = tmp_path / "kpikit.yaml"
    path.write_text(
        f'sources: {{shop: {{url: "{hidden(postgres_url)}"{options}}}}}\ntables:\n  orders:\n    from: shop.slow\n'
        "    columns: {customer_id: client, ordered_at: sold, amount: price, waited: wait}\n"
    )
    done = threading.Event()
    killer = threading.Thread(target=_kill_the_reader, args=(done,))
    killer.start()
    try:
        with pytest.raises(DataUnreachableError, match=r"to answer; found the connection was lost.*Run again"):
            kpikit.load(path)
    finally:
        done.set()
        killer.join()


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (("/postgres", "/postgres"), 0, "orders"),
        (("127.0.0.1:", "127.0.0.1:1"), 7, "PostgreSQL at 127.0.0.1:1"),
        (("${SHOP_PASSWORD}", "${SHOP_WORD}"), 2, "SHOP_WORD"),
        (("tester:${SHOP_PASSWORD}", "tester:${HOME}"), 7, "password authentication failed"),
        (("/postgres", "/postgres?sslmode=maybe"), 7, "sslmode"),
        (("postgres://", "mysql://"), 2, "a mysql:// source"),
        (("shop.sales", "shop.sails"), 2, "Did you mean 'sales'"),
    ],
)
def test_through_the_command_line(postgres_url, tmp_path, monkeypatch, change, code, message):
    path = configured(tmp_path, hidden(postgres_url))
    port = str(engines.postgres().port)
    old, new = change
    path.write_text(path.read_text().replace(old + port if old.endswith(":") else old, new))
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.app, ["check"])
    found, said = done.exit_code, done.output
    if isinstance(done.exception, KpikitError):
        found, said = done.exception.exit_code, str(done.exception)
    assert (found, message in said) == (code, True), said
    assert engines.PASSWORD not in said
    assert [item.name for item in tmp_path.iterdir()] == ["kpikit.yaml"]
    assert path.read_bytes() == before


@pytest.mark.slow
@pytest.mark.usefixtures("secret")
def test_a_report_of_tables_in_place(postgres_url, tmp_path):
    """The whole way, as a scheduler goes it: kernels connect for themselves, scores are joined on the server."""
    connection = engines.connection("postgres").con
    columns = "customer_id text, ordered_at timestamp, amount float8"
    connection.execute(f"DROP TABLE IF EXISTS cdnow; CREATE TABLE cdnow ({columns})")
    with connection.cursor().copy("COPY cdnow FROM STDIN") as copy:
        for row in datasets.cdnow(sample=True)[["customer_id", "ordered_at", "amount"]].itertuples(index=False):
            copy.write_row(list(row))
    path = tmp_path / "kpikit.yaml"
    source = f'{{url: "{hidden(postgres_url)}", in_place: true}}'
    path.write_text(f"sources: {{shop: {source}}}\ntables: {{orders: {{from: shop.cdnow}}}}\n")
    reports = ("cohort_retention", "customer_lifetime_value")
    words = [sys.executable, "-m", "kpikit", "run", *reports, "--config", str(path), "--jobs", "2"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "reports" / "customer_lifetime_value" / "latest.html").read_text(encoding="utf-8")
    assert "2,357" in page
    assert "6,919" in page
    files = [item for item in (tmp_path / "reports").rglob("*") if item.is_file()]
    everything = "".join(item.read_text("utf-8", "replace") for item in files)
    assert engines.PASSWORD not in everything

    latest = tmp_path / "reports" / "customer_lifetime_value" / "latest.html"
    path.write_text(path.read_text().replace(f":{engines.postgres().port}/", ":1/"))
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path)
    assert done.returncode == 7, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert latest.read_text(encoding="utf-8") == page


@pytest.mark.usefixtures("secret")
def test_texts_come_over_unchanged(postgres_url, tmp_path):
    texts = ["two\nlines", 'a "quote", a comma', "back\\slash \\N", "tab\there", "", None, "Ünïcode ✓", "end\r\n", "'"]
    connection = engines.connection("postgres").con
    connection.execute("DROP TABLE IF EXISTS texts")
    connection.execute("CREATE TABLE texts (customer_id numeric(20), ordered_at date, amount numeric, note text)")
    ids = range(10**18, 10**18 + len(texts))
    with connection.cursor() as cursor:
        rows = [(number, "2024-01-01", "0.1", text) for number, text in zip(ids, texts, strict=True)]
        cursor.executemany("INSERT INTO texts VALUES (%s, %s, %s, %s)", rows)
    path = tmp_path / "kpikit.yaml"
    path.write_text(
        f'sources: {{shop: {{url: "{hidden(postgres_url)}"}}}}\ntables: {{orders: {{from: shop.public.texts}}}}\n'
    )
    frame = kpikit.load(path).orders.to_pandas().sort_values("customer_id")
    assert frame.customer_id.tolist() == [str(number) for number in ids]
    assert [None if pd.isna(note) else note for note in frame.note] == texts
    assert set(frame.amount) == {0.1}


@pytest.mark.usefixtures("secret")
def test_two_currencies_are_refused_in_place_too(postgres_url, tmp_path):
    path = configured(tmp_path, hidden(postgres_url), ", in_place: true")
    path.write_text(path.read_text().replace("half: qty / 2", "currency: case when qty > 1 then 'usd' else 'eur' end"))
    with pytest.raises(ContractError, match=r"amounts in one currency; found EUR .* and USD .*Keep one"):
        kpikit.load(path, as_of="2024-05-01")


def _one_table(folder: Path, url: str, options: str, lines: str, name: str = "odd") -> Path:
    path = folder / "kpikit.yaml"
    path.write_text(
        f'sources: {{shop: {{url: "{hidden(url)}"{options}}}}}\ntables:\n  orders:\n    from: shop.{name}\n{lines}',
        encoding="utf-8",
    )
    return path


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("options", ["", ", in_place: true"])
def test_types_that_only_postgresql_has_become_text(postgres_url, tmp_path, options):
    connection = engines.connection("postgres").con
    connection.execute("""
        DROP TABLE IF EXISTS odd; DROP TYPE IF EXISTS kind; CREATE TYPE kind AS ENUM ('web', 'shop');
        CREATE TABLE odd (customer_id uuid, order_id numeric, ordered_at date, amount real, channel kind,
                          raw bytea, doc xml, "rows" int, "self" text, "by" text);
        INSERT INTO odd VALUES
        ('00000000-0000-0000-0000-000000000001', 12345678901234567891, '2024-01-01', 1, 'web',
         'a', '<a/>', 1, 's', 'b'),
        ('00000000-0000-0000-0000-000000000001', 12345678901234567892.00, '2024-01-02', 2, 'shop',
         'b', NULL, 2, NULL, NULL)
    """)
    path = _one_table(tmp_path, postgres_url, options, "    keep: channel in ('web', 'shop')\n")
    data = kpikit.load(path)
    frame = content(data, "orders").sort_values("amount")
    assert frame.order_id.tolist() == ["12345678901234567891", "12345678901234567892"]  # each of its digits
    assert set(frame.customer_id) == {"00000000-0000-0000-0000-000000000001"}
    assert frame.channel.tolist() == ["web", "shop"]
    assert data.counts["orders"].rows == 2


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("options", ["", ", in_place: true"])
def test_a_cte_may_be_called_like_the_table_it_reads(postgres_url, tmp_path, options):
    path = configured(tmp_path, hidden(postgres_url), options)
    path.write_text(
        f'sources: {{shop: {{url: "{hidden(postgres_url)}"{options}}}}}\ntables:\n  orders:\n    sql: >\n'
        "      WITH sales AS (SELECT * FROM shop.sales WHERE state = 'test')\n"
        "      SELECT * FROM sales UNION ALL SELECT * FROM shop.sales\n"
        "    columns: {customer_id: client, ordered_at: sold, amount: price}\n"
    )
    assert kpikit.load(path).counts["orders"].rows_in == 14


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("options", ["", ", in_place: true"])
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("customer_id text, ordered_at date, amount real, _keep boolean", "columns called otherwise than"),
        ("customer_id text, ordered_at date, amount real", "at least one row"),
    ],
)
def test_tables_that_cannot_be_used(postgres_url, tmp_path, options, columns, message):
    engines.connection("postgres").con.execute(f"DROP TABLE IF EXISTS odd2; CREATE TABLE odd2 ({columns})")
    if "_keep" in columns:
        engines.connection("postgres").con.execute("INSERT INTO odd2 VALUES ('a', '2024-01-01', 1, false)")
    with pytest.raises(ContractError, match=message):
        kpikit.load(_one_table(tmp_path, postgres_url, options, "", "odd2"))


@pytest.mark.usefixtures("secret")
def test_materialised_views_and_schemas_off_the_path_are_found(postgres_url, tmp_path):
    engines.connection("postgres").con.execute("""
        DROP SCHEMA IF EXISTS deep CASCADE; CREATE SCHEMA deep;
        CREATE MATERIALIZED VIEW deep."Ord.ers" AS
        SELECT 'a' AS customer_id, DATE '2024-01-01' AS ordered_at, 1.0 AS amount
    """)
    assert kpikit.load(_one_table(tmp_path, postgres_url, "", "", "deep.Ord.ers")).counts["orders"].rows == 1


@pytest.mark.parametrize("password", ["zzz@s3cr3t", "12/s3cr3t"])
def test_an_unquoted_password_is_not_taken_for_a_host(tmp_path, monkeypatch, password):
    monkeypatch.setenv("DATABASE_URL", f"postgres://me:{password}@127.0.0.1:1/shop")
    with pytest.raises(ConfigError, match=r"write @ as %40") as error:
        kpikit.load(configured(tmp_path, "${DATABASE_URL}"))
    assert "s3cr3t" not in str(error.value)


def test_an_ibis_table_of_another_engine_is_copied():
    backend = ibis.sqlite.connect() if hasattr(ibis, "sqlite") else None
    table = backend.create_table(
        "t", pd.DataFrame({"customer_id": ["a"], "ordered_at": ["2024-01-01"], "amount": [1.0]})
    )
    assert kpikit.load(tables={"orders": table}).orders.get_backend().name == "duckdb"
