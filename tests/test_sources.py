"""Loading: what comes in, what is used, what is set aside, and what each mistake is told."""

import gzip
from datetime import date, datetime
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pytest

from kpikit.config import Business, Config, Table
from kpikit.contracts import CONTRACTS
from kpikit.errors import ConfigError, ContractError, ParameterError
from kpikit.sources import Data, load

HEADER = "customer_id,ordered_at,amount\n"
ONLINE_RETAIL = Path(__file__).parents[2] / "shared" / "data" / "online_retail.parquet"
NAMES = {"ordered_at": "invoice_date", "order_id": "invoice_no", "amount": "quantity * unit_price"}


def orders_of(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def from_csv(folder: Path, content: str | bytes, name: str = "sales.csv", **table: object) -> Data:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load(config_for(path, **table))


def config_for(path: Path | str, business: Business | None = None, **table: object) -> Config:
    settings = Table.model_validate({"from": str(path), **table})
    return Config(tables={"orders": settings}, business=business or Business())


def frame(data: Data, table: str = "orders") -> pd.DataFrame:
    return data.tables[table].execute()


def flags(data: Data, kind: str) -> list[str]:
    return [flag.text for flag in data.flags if flag.kind == kind]


# ---- what comes in


def test_without_anything_the_embedded_data_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shop = load()
    assert (shop.origin, shop.business, shop.currency) == ("embedded", "Harbor Coffee", "EUR")
    assert set(shop.tables) == set(CONTRACTS)
    data = load(example="cdnow")
    assert (data.origin, data.business, data.currency, data.week) == ("embedded", "CDNOW", "USD", "week")
    assert (data.counts["orders"].rows_in, data.counts["orders"].used) == (69659, 69659)
    assert data.as_of == date(1998, 7, 1)
    assert data.orders.customer_id.nunique().execute() == 23570  # Fader and Hardie (2001)
    assert data.describe().facts["known_up_to"] == "1998-06-30"


def test_a_kpikit_yaml_in_the_current_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sales.csv").write_text(HEADER + "a,2026-01-02,5\n")
    (tmp_path / "kpikit.yaml").write_text("business: {name: Shop}\ntables: {orders: {from: sales.csv}}\n")
    monkeypatch.chdir(tmp_path)
    data = load()
    assert (data.origin, data.business, len(frame(data))) == ("config", "Shop", 1)
    monkeypatch.chdir("/")
    assert len(frame(load(tmp_path / "kpikit.yaml"))) == 1  # paths are relative to the file


@pytest.mark.parametrize("as_ibis", [False, True])
def test_tables_from_a_notebook(as_ibis: bool) -> None:
    given = orders_of(customer_id=["a", "b"], ordered_at=pd.to_datetime(["2026-01-02", "2026-01-03"]), amount=[5, -2])
    data = load(tables={"orders": ibis.memtable(given) if as_ibis else given})
    assert data.origin == "tables"
    assert frame(data)["is_activity"].tolist() == [True, False]
    assert dict(data.orders.schema().items())["amount"].is_float64()
    assert list(given.columns) == ["customer_id", "ordered_at", "amount"]  # the caller's table is left alone


def test_tables_from_a_notebook_are_mapped_by_a_config() -> None:
    given = orders_of(client=[1, 2], day=["2026-01-02", "2026-01-03"], price=[5.0, 6.0], n=[2, 1])
    columns = {"customer_id": "client", "ordered_at": "day", "amount": "price * n"}
    data = load(Config(tables={"orders": Table(columns=columns)}), tables={"orders": given})
    assert frame(data)["amount"].tolist() == [10.0, 6.0]
    assert frame(data)["customer_id"].tolist() == ["1", "2"]


def test_a_table_that_is_not_known_is_refused() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'orders'"):
        load(tables={"order": pd.DataFrame()})


def test_one_customer_and_one_order_load(tmp_path: Path) -> None:
    data = from_csv(tmp_path, HEADER + "a,2026-01-02,5\n")
    assert (data.as_of, data.counts["orders"].rows) == (date(2026, 1, 3), 1)
    data = from_csv(tmp_path, HEADER + "a,2026-01-02,5\na,2026-02-02,5\n")
    assert data.orders.customer_id.nunique().execute() == 1


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, sign: str) -> None:
    rows = (HEADER + "a,2026-01-02,5\nb,2026-01-03,6\n").replace(",", sign)
    assert frame(from_csv(tmp_path, rows))["amount"].tolist() == [5, 6]


def test_packed_files_globs_folders_and_parquet(tmp_path: Path) -> None:
    rows = [f"{name},2026-01-0{day},5\n" for day, name in enumerate("abc", start=1)]
    assert len(frame(from_csv(tmp_path, gzip.compress((HEADER + rows[0]).encode()), "sales.csv.gz"))) == 1
    parts = tmp_path / "parts"
    parts.mkdir()
    for number, row in enumerate(rows):
        (parts / f"{number}.csv").write_text(HEADER + row)
    assert len(frame(load(config_for(f"{parts}/*.csv")))) == 3
    assert len(frame(load(config_for(parts)))) == 3
    pd.DataFrame({"customer_id": ["a"], "ordered_at": [datetime(2026, 1, 2)], "amount": [5]}).to_parquet(
        tmp_path / "sales.parquet"
    )
    assert len(frame(load(config_for(tmp_path / "sales.parquet")))) == 1


def shop_database(folder: Path) -> Path:
    path = folder / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE sales AS SELECT 'a' AS client, DATE '2026-01-02' AS day, 5 AS price")
    return path


def test_a_duckdb_file_a_source_and_a_select(tmp_path: Path) -> None:
    shop_database(tmp_path)
    columns = "columns: {customer_id: client, ordered_at: day, amount: price}"
    head = 'sources: {shop: {url: "duckdb://shop.duckdb"}}\n'
    for origin in ("from: shop.sales", "from: shop.duckdb", "sql: SELECT * FROM shop.sales WHERE price > 0"):
        (tmp_path / "kpikit.yaml").write_text(f"{head}tables:\n  orders:\n    {origin}\n    {columns}\n")
        assert frame(load(tmp_path / "kpikit.yaml"))["amount"].tolist() == [5]
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:  # the file was let go
        connection.execute("INSERT INTO sales VALUES ('b', DATE '2026-01-03', 6)")
    (tmp_path / "kpikit.yaml").write_text(f"{head}tables:\n  orders:\n    from: shop.sale\n    {columns}\n")
    with pytest.raises(ConfigError, match="Did you mean 'sales'"):
        load(tmp_path / "kpikit.yaml")


def test_a_select_over_files_joins_them_and_keeps_leading_zeros(tmp_path: Path) -> None:
    (tmp_path / "heads.csv").write_text("order_id,client,day\n1,007,2026-01-02\n2,008,2026-01-03\n")
    (tmp_path / "lines.csv").write_text("order_id,price\n1,5\n1,6\n2,7\n")
    (tmp_path / "kpikit.yaml").write_text(
        "sources: {shop: {url: .}}\ntables:\n  orders:\n"
        "    sql: SELECT h.order_id, client AS customer_id, day AS ordered_at, price AS amount"
        " FROM shop.heads h JOIN shop.lines USING (order_id)\n"
    )
    loaded = frame(load(tmp_path / "kpikit.yaml"))
    assert loaded["customer_id"].tolist() == ["007", "008"]
    assert loaded["amount"].tolist() == [11, 7]


def test_another_engine_is_not_yet_there(tmp_path: Path) -> None:
    (tmp_path / "kpikit.yaml").write_text(
        'sources: {shop: {url: "snowflake://server/shop"}}\ntables: {orders: {from: shop.sales}}\n'
    )
    with pytest.raises(
        ConfigError, match=r"not yet in this version.*Export the table to Parquet, or pass an Ibis table"
    ):
        load(tmp_path / "kpikit.yaml")


# ---- types


def test_ids_keep_leading_zeros_and_lose_decimals_and_blanks(tmp_path: Path) -> None:
    loaded = frame(from_csv(tmp_path, HEADER + "007,2026-01-01,5\n 8 ,2026-01-02,5\n"))
    assert loaded["customer_id"].tolist() == ["007", "8"]
    data = from_csv(tmp_path, HEADER + "17850.0,2026-01-01,5\n,2026-01-02,5\n")
    assert frame(data)["customer_id"].tolist() == ["17850"]
    assert data.counts["orders"].set_aside == {"no customer": 1}
    assert "'.0'" in flags(data, "repair")[0]
    given = orders_of(customer_id=[17850.0, None], ordered_at=["2026-01-01"] * 2, amount=[1, 1])
    assert frame(load(tables={"orders": given}))["customer_id"].tolist() == ["17850"]


def test_a_line_in_one_of_many_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(HEADER + "a,2026-01-01,5\n")
    (tmp_path / "2.csv").write_text(HEADER + "a,2026-01-01,5\nb,2026-01-02,abc\n")
    with pytest.raises(ContractError, match=r"2\.csv, line 3"):
        load(config_for(f"{tmp_path}/*.csv"))


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_an_infinite_amount_is_refused(value: float) -> None:
    with pytest.raises(ContractError, match="a finite number"):
        load(tables={"orders": orders_of(customer_id=["a"], ordered_at=["2026-01-01"], amount=[value])})


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["2026-01-31", "2026-02-01 10:30:00"], "2026-01-31 00:00"),
        (["2026-01-31T08:00:00", "2026-02-01T09:00"], "2026-01-31 08:00"),
        (["31/01/2026", "01/02/2026"], "2026-01-31 00:00"),
        (["01/31/2026 08:05", "02/01/2026 09:00"], "2026-01-31 08:05"),
        (["20260131", "20260201"], "2026-01-31 00:00"),
        (["31.01.26", "01.02.26"], "2026-01-31 00:00"),
        (["Jan 31, 2026", "Feb 01, 2026"], "2026-01-31 00:00"),
    ],
)
def test_dates_are_read_when_every_value_fits_one_format(tmp_path: Path, texts: list[str], first: str) -> None:
    rows = "".join(f"a;{text};5\n" for text in texts)
    loaded = frame(from_csv(tmp_path, HEADER.replace(",", ";") + rows))
    assert loaded["ordered_at"].min() == pd.Timestamp(first)
    assert loaded["ordered_at"].max().date() == date(2026, 2, 1)


def test_day_and_month_that_can_be_swapped_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"read in one way; found '01/02/2026'.*strptime\(ordered_at, '%d/%m/%Y'\)"):
        from_csv(tmp_path, HEADER + "a,01/02/2026,5\nb,03/04/2026,5\n")
    columns = {"ordered_at": "strptime(ordered_at, '%d/%m/%Y')"}
    with pytest.raises(ContractError):
        from_csv(tmp_path, HEADER + "a,01/02/2026,5\nb,13/32/2026,5\n", columns=columns)


def test_dates_that_cannot_be_read_are_told_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as caught:
        from_csv(tmp_path, HEADER + "a,2026-01-01,5\nb,soon,5\n")
    message = str(caught.value)
    assert message.startswith("orders.ordered_at: sales.csv, line 3: expected a date or time such as")
    assert "'soon'" in message
    assert "Tried ISO and %Y%m%d" in message


def test_times_with_a_zone_become_local_once(tmp_path: Path) -> None:
    business = Business(timezone="Europe/Lisbon")
    path = tmp_path / "sales.csv"
    path.write_text(HEADER + "a,2026-07-01T23:30:00Z,5\nb,2026-01-01T12:00:00+02:00,5\n")
    loaded = frame(load(config_for(path, business)))
    assert sorted(map(str, loaded["ordered_at"])) == ["2026-01-01 10:00:00", "2026-07-02 00:30:00"]
    given = orders_of(customer_id=["a"], ordered_at=pd.to_datetime(["2026-07-01 23:30"], utc=True), amount=[1])
    data = load(Config(business=business), tables={"orders": given})
    assert str(frame(data)["ordered_at"].iloc[0]) == "2026-07-02 00:30:00"
    assert data.as_of == date(2026, 7, 3)
    path.write_text(HEADER + "a,2026-07-01T23:30:00Z,5\nb,2026-01-01T12:00:00,5\n")
    with pytest.raises(ContractError, match="all have a time zone, or none"):
        load(config_for(path, business))


def test_flags_and_counts_are_read_from_words(tmp_path: Path) -> None:
    rows = "customer_id,ordered_at,amount,is_refund\na,2026-01-01,5,no\nb,2026-01-02,5,Yes\n"
    assert frame(from_csv(tmp_path, rows))["is_activity"].tolist() == [True, False]
    with pytest.raises(ContractError, match="true or false, yes or no, 1 or 0; found 'maybe'"):
        from_csv(tmp_path, rows.replace("Yes", "maybe"))


# ---- what is told about the file


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        ContractError, match=r"found \[custmer_id.*tables\.orders\.columns\.customer_id: custmer_id"
    ) as caught:
        from_csv(tmp_path, "custmer_id,ordered_at,amount\na,2026-01-01,5\n")
    assert caught.value.exit_code == 2
    with pytest.raises(ContractError, match=r"a column 'quantty'.*Did you mean 'quantity'"):
        from_csv(tmp_path, "customer_id,ordered_at,quantity\na,2026-01-01,5\n", columns={"amount": "quantty * 2"})


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ContractError, match="expected at least one row; found no rows"):
        load(tables={"orders": orders_of(customer_id=[], ordered_at=[], amount=[])})


# ---- money and activity


def lines() -> pd.DataFrame:
    return orders_of(
        order_id=["1", "1", "2", "3", "4", "4"],
        customer_id=["a", "a", "a", "b", "c", "c"],
        ordered_at=["2026-01-02 09:00", "2026-01-02 08:00", "2026-01-03", "2026-01-04", "2026-01-05", "2026-01-05"],
        amount=[5.0, 6.0, -5.0, 0.0, -3.0, 2.0],
        store=["y", "x", "x", "x", "x", "x"],
    )


def test_lines_become_orders_at_their_earliest_time() -> None:
    data = load(tables={"orders": lines()})
    loaded = frame(data).set_index("order_id")
    assert loaded["amount"].to_dict() == {"1": 11.0, "2": -5.0, "3": 0.0, "4": -1.0}
    assert loaded.loc["1", "ordered_at"] == pd.Timestamp("2026-01-02 08:00")
    assert loaded["is_activity"].to_dict() == {"1": True, "2": False, "3": True, "4": True}
    assert loaded.loc["1", "store"] == "x"
    assert (data.counts["orders"].used, data.counts["orders"].rows) == (6, 4)
    assert "2 rows are refunds" in flags(data, "refunds")[0]


def test_an_order_of_two_customers_is_two_orders_and_a_line_without_number_one_of_its_own() -> None:
    given = orders_of(
        order_id=["1", "1", None, None],
        customer_id=["a", "b", "c", "c"],
        ordered_at=["2026-01-01"] * 4,
        amount=[1, 2, 3, 4],
    )
    data = load(tables={"orders": given})
    assert sorted(frame(data)["amount"]) == [1, 2, 3, 4]
    assert "two or more customers" in flags(data, "two customers")[0]
    assert "2 rows without order_id" in flags(data, "no order_id")[0]


def test_every_row_is_used_or_set_aside_for_a_reason(tmp_path: Path) -> None:
    content = (
        "customer_id,ordered_at,price,status\n"
        "a,2026-01-01,5,ok\na,2026-01-01,5,ok\n,2026-01-01,5,ok\nb,,5,ok\nc,2026-01-01,5,test\nd,2026-01-01,0,ok\n"
        "e,2026-02-01,5,ok\n"
    )
    path = tmp_path / "sales.csv"
    path.write_text(content)
    columns = {"amount": "price", "unit_price": "price"}
    config = config_for(path, columns=columns, keep="status <> 'test'", drop_duplicates=True)
    counts = load(config, as_of="2026-02-01").counts["orders"]
    assert dict(counts.set_aside) == {
        "at or after as_of": 1,
        "keep is false": 1,
        "no customer": 1,
        "no date": 1,
        "unit price not above 0": 1,
        "exact duplicate": 1,
    }
    assert counts.rows_in == 7 == counts.used + sum(counts.set_aside.values())
    assert counts.amounts["no customer"] == 5


def test_a_price_of_zero_is_an_order_unless_unit_price_is_mapped() -> None:
    given = orders_of(customer_id=["a"], ordered_at=["2026-01-01"], amount=[0], unit_price=[0])
    assert frame(load(tables={"orders": given}))["is_activity"].tolist() == [True]


def test_exact_duplicates_are_used_and_flagged() -> None:
    given = orders_of(customer_id=["a", "a"], ordered_at=["2026-01-01"] * 2, amount=[5, 5])
    data = load(tables={"orders": given})
    assert data.counts["orders"].used == 2
    assert flags(data, "exact duplicates")


def test_names_may_differ_in_upper_and_lower_case() -> None:
    given = orders_of(Customer_ID=["a"], Ordered_At=["2026-01-01"], AMOUNT=[5])
    data = load(tables={"orders": given})
    assert list(data.orders.columns) == ["customer_id", "ordered_at", "amount", "is_activity"]


def test_all_rows_set_aside_are_refused() -> None:
    with pytest.raises(ContractError, match=r"1 row, set aside: no customer \(1\)"):
        load(tables={"orders": orders_of(customer_id=[None], ordered_at=["2026-01-01"], amount=[5])})


# ---- time


def test_as_of_and_period() -> None:
    given = orders_of(customer_id=["a", "b"], ordered_at=["2026-01-05", "2026-08-05"], amount=[5, 5])
    assert load(tables={"orders": given}).as_of == date(2026, 8, 6)
    assert load(tables={"orders": given}, period="2026-Q1").as_of == date(2026, 4, 1)
    assert load(tables={"orders": given}, period="2026-Q3").as_of == date(2026, 8, 6)  # no later than the data
    assert load(tables={"orders": given}, period="2026-Q3", as_of="2026-02-01").as_of == date(2026, 2, 1)
    week = load(tables={"orders": given}, as_of="2026-08-13")  # a week without orders may be a closing
    assert week.as_of == date(2026, 8, 13)
    assert flags(week, "as_of after the data") == ["as_of 2026-08-13 lies 7 days after the newest order (2026-08-05)."]
    with pytest.raises(ContractError, match="orders before as_of"):
        load(tables={"orders": given}, as_of="2026-01-05")
    with pytest.raises(ParameterError, match="begins before the data end"):
        load(tables={"orders": given}, period="2027")


def test_values_dated_later_are_masked() -> None:
    orders = orders_of(
        customer_id=["a", "b"],
        ordered_at=["2026-01-01", "2026-01-28"],
        amount=[5, 5],
        promised_at=["2026-03-01", "2026-03-01"],
        delivered_at=["2026-01-05", "2026-03-05"],
        is_intact=[True, True],
        returned_on=pd.to_datetime(["2026-01-06", "2026-04-01"]),
    )
    tickets = orders_of(
        ticket_id=[1, 2],
        opened_at=["2026-01-01", "2026-01-02"],
        resolved_at=["2026-01-03", "2026-02-01"],
        contacts=[1, 4],
    )
    data = load(tables={"orders": orders, "tickets": tickets}, as_of="2026-02-01")
    known = frame(data)
    assert known["delivered_at"].isna().tolist() == [False, True]
    assert known["is_intact"].isna().tolist() == [False, True]
    assert known["promised_at"].isna().tolist() == [False, False]  # a promise about March is known in January
    assert known["returned_on"].isna().tolist() == [False, True]  # the user's own times are masked by themselves
    assert frame(data, "tickets")["contacts"].isna().tolist() == [False, True]


def test_a_value_that_cannot_be_masked_is_flagged() -> None:
    orders = orders_of(customer_id=["a"], ordered_at=["2026-01-01"], amount=[5], is_intact=[True])
    assert "map delivered_at" in flags(load(tables={"orders": orders}), "not masked")[0]


def test_order_lines_without_a_time_take_their_orders() -> None:
    orders = lines()
    products = orders_of(order_id=["1", "3", "4"], product=["x", "y", "z"], amount=[1, 2, 3])
    data = load(tables={"orders": orders, "order_lines": products}, as_of="2026-01-05")
    assert frame(data, "order_lines")["product"].tolist() == ["x", "y"]
    assert data.counts["order_lines"].set_aside == {"at or after as_of": 1}


def test_a_missing_table_says_how_to_add_it() -> None:
    with pytest.raises(ContractError, match=r"Add tables\.tickets to kpikit\.yaml \(it needs ticket_id, opened_at\)"):
        load(tables={"orders": lines()}).table("tickets")


def test_the_fingerprint_follows_the_values_and_as_of() -> None:
    first = load(tables={"orders": lines()})
    assert load(tables={"orders": lines()}).fingerprint == first.fingerprint
    assert load(tables={"orders": lines()}, as_of="2026-01-05").fingerprint != first.fingerprint
    assert load(tables={"orders": lines().assign(amount=1.0)}).fingerprint != first.fingerprint


def test_every_line_of_online_retail_is_accounted_for() -> None:
    if not ONLINE_RETAIL.exists():
        pytest.skip("needs ../shared/data/online_retail.parquet")
    data = load(config_for(ONLINE_RETAIL, columns=NAMES))
    counts = data.counts["orders"]
    assert counts.rows_in == 541909 == counts.used + sum(counts.set_aside.values())
    assert dict(counts.set_aside) == {"no customer": 135080}
    active = data.orders.filter(data.orders.is_activity)
    first = active.group_by("customer_id").aggregate(first=active.ordered_at.min())
    assert first.filter(first.first < datetime(2011, 1, 1)).count().execute() == 885


def test_the_audience_is_one_of_three_and_stands_on_the_page():
    assert load(audience="manager").describe().facts["audience"] == "manager"
    with pytest.raises(ParameterError, match="executive, manager, frontline"):
        load(audience="boss")


def test_an_as_of_far_after_the_data_is_capped_so_that_nothing_known_is_not_zero() -> None:
    given = orders_of(customer_id=["a", "b"], ordered_at=["2025-01-05", "2025-08-05"], amount=[5, 5])
    data = load(tables={"orders": given}, as_of="2026-01-01")
    assert data.as_of == date(2025, 8, 6)
    assert flags(data, "as_of after the data") == [
        "as_of 2026-01-01 lies 148 days after the newest order (2025-08-05): the data are known up to 2025-08-05 only, "
        "and the report says so."
    ]
    assert load(tables={"orders": given}, as_of="2025-08-14").as_of == date(2025, 8, 6)  # eight days


def test_the_default_as_of_follows_the_newest_row_even_without_its_customer() -> None:
    given = orders_of(customer_id=["a", None], ordered_at=["2026-01-05 10:00", "2026-01-09 23:59"], amount=[5, 5])
    assert load(tables={"orders": given}).as_of == date(2026, 1, 10)


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("amount IS NOT NULL", 2),
        ("CASE WHEN cancelled IS NULL THEN amt ELSE 0 END > 5", 1),
        ("client BETWEEN 1 AND 1", 1),
        ("true", 2),
    ],
)
def test_words_of_sql_are_an_expression_not_a_column_name(keep: str, kept: int) -> None:
    given = orders_of(client=[1, 2], ordered_at=["2026-01-02", "2026-01-03"], amt=[5, 6], cancelled=[None, None])
    table = Table(columns={"customer_id": "client", "amount": "amt"}, keep=keep)
    data = load(Config(tables={"orders": table}), tables={"orders": given})
    assert data.counts["orders"].used == kept


def test_a_case_expression_is_mapped_and_a_misspelt_name_is_told(tmp_path: Path) -> None:
    content = "customer_id,ordered_at,amt,cancelled\na,2026-01-02,5,\nb,2026-01-03,6,x\n"
    columns = {"amount": "CASE WHEN cancelled IS NULL THEN amt ELSE 0 END"}
    assert frame(from_csv(tmp_path, content, columns=columns))["amount"].tolist() == [5, 0]
    with pytest.raises(ContractError, match=r"a column 'canceled'.*Did you mean 'cancelled'"):
        from_csv(tmp_path, content, columns={"amount": "amt"}, keep="canceled")


def test_an_order_line_whose_order_is_unknown_is_set_aside() -> None:
    products = orders_of(order_id=["1", "nowhere"], product=["x", "y"], amount=[1, 2])
    data = load(tables={"orders": lines(), "order_lines": products})
    assert data.counts["order_lines"].set_aside == {"no order": 1}
    assert frame(data, "order_lines")["product"].tolist() == ["x"]


def test_a_frame_in_the_place_of_the_configuration_is_told_where_it_goes() -> None:
    with pytest.raises(ParameterError, match=r"found a DataFrame\. To load a table, pass tables=\{'orders': df\}"):
        load(lines())  # type: ignore[arg-type]


@pytest.mark.parametrize("offset", [" -0500", "-0500", " -05", " -05:00"])
def test_an_offset_without_colon_after_a_blank_is_a_zone(tmp_path: Path, offset: str) -> None:
    data = from_csv(tmp_path, HEADER + f"a,2024-02-13 14:46:28{offset},5\nb,2024-02-14 00:46:28 +0530,5\n")
    assert sorted(map(str, frame(data)["ordered_at"])) == ["2024-02-13 19:16:28", "2024-02-13 19:46:28"]


def test_the_remedy_for_a_date_quotes_its_column_and_fits_most_values(tmp_path: Path) -> None:
    header, columns = "customer_id,Paid at,amount\n", {"ordered_at": "Paid at"}
    rows = "a,01/31/2026,5\nb,02/28/2026,5\nc,soon,5\n"
    with pytest.raises(ContractError) as caught:
        from_csv(tmp_path, header + rows, columns=columns)
    remedy = "try_strptime(\"Paid at\", '%m/%d/%Y')"
    assert remedy in str(caught.value)
    assert from_csv(tmp_path, header + rows, columns={"ordered_at": remedy}).counts["orders"].used == 2
    with pytest.raises(ContractError) as caught:
        from_csv(tmp_path, header + "a,01/02/2026,5\n", columns=columns)
    assert r'''"strptime(\"Paid at\", '%d/%m/%Y')"''' in str(caught.value)
