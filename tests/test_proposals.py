"""A kpikit.yaml from a look at the files: it loads as it is."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from kpikit.config import load_config
from kpikit.errors import ConfigError, DataUnreachableError
from kpikit.proposals import propose, write
from kpikit.sources import load

ONLINE_RETAIL = Path(__file__).parents[2] / "shared" / "data" / "online_retail.parquet"
SALES = "Order ID,Client,Order Date,Total\n1,007,2026-01-02,5\n2,008,2026-01-03,6\n"
LINES = "InvoiceNo;Quantity;InvoiceDate;Price;Customer ID\n1;2;2026-01-02;5.5;7\n2;1;2026-01-03;6;8\n"
TICKETS = "ticket_id,created_at,closed_at,customer\n1,2026-01-02,2026-01-03,007\n"
ANSWERS = "submitted_at,survey,rating\n2026-01-02,nps,9\n"
SPANS = "customer_id,start_date,end_date,mrr\n007,2026-01-02,,9.5\n"


def test_orders_are_recognised_by_their_columns(tmp_path: Path) -> None:
    (tmp_path / "harbor_sales.csv").write_text(SALES)
    proposal = propose([tmp_path / "harbor_sales.csv"], tmp_path)
    config = load_config(write(proposal, tmp_path))
    columns = {"customer_id": "Client", "ordered_at": "Order Date", "amount": "Total", "order_id": "Order ID"}
    assert dict(config.tables["orders"].columns) == columns
    assert config.business.name == "Harbor sales"
    assert load(config).orders.execute()["customer_id"].tolist() == ["007", "008"]
    assert "harbor_sales.csv looks like orders." in proposal.notes
    assert any("known up to 2026-01-03" in note for note in proposal.notes)


def test_quantity_and_price_are_multiplied(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text(LINES)
    data = load(write(propose([tmp_path / "lines.csv"], tmp_path), tmp_path))
    assert data.config.tables["orders"].columns["amount"] == "Quantity * Price"
    assert data.orders.execute()["amount"].tolist() == [11.0, 6.0]


def test_a_folder_gives_each_file_its_table(tmp_path: Path) -> None:
    files = {
        "sales": SALES,
        "support": TICKETS,
        "answers": ANSWERS,
        "plans": SPANS,
        "notes": "a,b\n1,2\n",
        "more": SALES,
    }
    (tmp_path / "data").mkdir()
    for name, content in files.items():
        (tmp_path / "data" / f"{name}.csv").write_text(content)
    proposal = propose([tmp_path / "data"], tmp_path)
    data = load(write(proposal, tmp_path))
    assert set(data.tables) == {"orders", "tickets", "survey_responses", "subscriptions"}
    assert "notes.csv was not recognised: it has a, b." in proposal.notes
    assert "sales.csv also looks like orders; more.csv was taken." in proposal.notes


def test_a_database_becomes_a_source(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE sales AS SELECT 'a' AS client, DATE '2026-01-02' AS day_, 5 AS total, now() AS ts"
        )
        connection.execute("CREATE TABLE junk AS SELECT 1 AS x")
    data = load(write(propose([tmp_path / "shop.duckdb"], tmp_path), tmp_path))
    assert data.config.tables["orders"].from_ == "shop.sales"
    assert data.business == "Shop"


def test_what_keeps_a_proposal_from_loading_is_noted(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("customer_id,date,total\na,01/02/2026,5\nb,03/04/2026,6\n")
    notes = propose([tmp_path / "sales.csv"], tmp_path).notes
    assert any(note.startswith("Before it loads:") and "strptime(date, '%d/%m/%Y')" in note for note in notes)


def test_no_orders_says_what_was_looked_for_and_found(tmp_path: Path) -> None:
    (tmp_path / "support.csv").write_text(TICKETS)
    with pytest.raises(ConfigError) as caught:
        propose([tmp_path / "support.csv"], tmp_path)
    message = str(caught.value)
    assert "a table of orders with customer_id (such as customer, client, clientid" in message
    assert (
        "support.csv: customer_id: customer, ordered_at: created_at; "
        "no amount among ticket_id, created_at, closed_at, customer" in message
    )
    with pytest.raises(DataUnreachableError):
        propose([tmp_path / "nothing.csv"], tmp_path)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES)
    proposal = propose([tmp_path / "sales.csv"], tmp_path)
    (tmp_path / "kpikit.yaml").write_text("mine")
    with pytest.raises(ConfigError, match="no file yet"):
        write(proposal, tmp_path / "kpikit.yaml")
    assert (tmp_path / "kpikit.yaml").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kpikit.yaml", "sales.csv"]


def test_online_retail_is_mapped_as_its_readers_know_it(tmp_path: Path) -> None:
    if not ONLINE_RETAIL.exists():
        pytest.skip("needs ../shared/data/online_retail.parquet")
    proposal = propose([ONLINE_RETAIL], tmp_path)
    data = load(write(proposal, tmp_path))
    assert dict(data.config.tables["orders"].columns) == {
        "customer_id": "customer_id",
        "ordered_at": "invoice_date",
        "amount": "quantity * unit_price",
        "order_id": "invoice_no",
    }
    assert "# unit_price: unit_price" in proposal.yaml_text
    active = data.orders.filter(data.orders.is_activity)
    first = active.group_by("customer_id").aggregate(first=active.ordered_at.min())
    assert first.filter(first.first < datetime(2011, 1, 1)).count().execute() == 885


def test_the_only_time_of_a_file_is_its_order_date_whatever_its_name(tmp_path):
    (tmp_path / "till.csv").write_text("customer,sold_on,total\na,2024-01-15,3\n")
    assert "ordered_at: sold_on" in propose([tmp_path / "till.csv"], tmp_path).yaml_text


def test_yearly_files_of_a_folder_are_one_table_and_no_year_is_lost(tmp_path):
    for year in (2024, 2025):
        rows = "".join(f"c{i},{year}-0{1 + i}-15,{10 + i}\n" for i in range(5))
        (tmp_path / f"orders_{year}.csv").write_text(f"customer,day,total\n{rows}")
    (tmp_path / "stock.csv").write_text("sku,on_hand\na,3\n")
    proposal = propose([tmp_path], tmp_path)
    path = write(proposal, tmp_path / "kpikit.yaml")
    assert '"orders_*.csv"' in proposal.yaml_text
    assert load(load_config(path)).counts["orders"].rows_in == 10
    assert any("orders.csv (2 files) looks like orders" in note for note in proposal.notes)


def test_files_are_not_joined_where_a_glob_would_take_another_file_too(tmp_path):
    for name, header in (
        ("a1", "customer,day,total"),
        ("a2", "customer,day,total"),
        ("a3", "customer,day,total,extra"),
    ):
        row = "x,2024-01-15,3" + (",1" if "extra" in header else "")
        (tmp_path / f"{name}.csv").write_text(f"{header}\n{row}\n")
    proposal = propose([tmp_path], tmp_path)
    assert "*" not in proposal.yaml_text.split("tables:")[1].split("columns:")[0]
    assert any("a2.csv also looks like orders; a1.csv was taken" in note for note in proposal.notes)


def test_a_duckdb_address_is_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with duckdb.connect("shop.duckdb") as connection:
        connection.sql("CREATE TABLE sales AS SELECT 'a' AS customer, DATE '2024-01-15' AS day, 3.0 AS total")
    assert "from: shop.sales" in propose(["duckdb://shop.duckdb"], tmp_path).yaml_text


def test_the_address_of_another_database_is_refused_without_its_password(tmp_path):
    with pytest.raises(DataUnreachableError, match="begins with postgres://") as refused:
        propose(["postgres://me:secret@host/db"], tmp_path)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("CustID,When,Net,Other", "7,2026-01-02,5,1"),
        ("Kundennr.,Rechnungsdatum,Betrag,Rechnungs-Nr.", "7,2026-01-02,5,1"),
        ("e-mail,sold_on,net_total_eur,Receipt No", "a@b.c,2026-01-02,5,1"),
        ("client_no,Date commande,Montant,Commande", "7,2026-01-02,5,1"),
        ("buyer,fecha,importe,pedido", "7,2026-01-02,5,1"),
        ("CUST,Day,Gross Total,due", "7,2026-01-02,5,2026-02-02"),
    ],
)
def test_other_names_for_the_same_columns(tmp_path: Path, header: str, row: str) -> None:
    (tmp_path / "till.csv").write_text(f"{header}\n{row}\n")
    data = load(write(propose([tmp_path / "till.csv"], tmp_path), tmp_path))
    assert data.orders.execute()["amount"].tolist() == [5]
    customer, time, amount, number = header.split(",")
    mapping = data.config.tables["orders"].columns
    assert (mapping["customer_id"], mapping["ordered_at"], mapping["amount"]) == (customer, time, amount)
    assert mapping.get("order_id") == (number if number not in ("Other", "due") else None)


def test_a_shop_export_with_zones_signs_and_numbered_names_loads(tmp_path: Path) -> None:
    rows = "#1001,a@b.c,2024-02-13 14:46:28 -0500,$22.72\n#1002,d@e.f,2024-02-14 10:00:00 -0500,$5.00\n"
    (tmp_path / "shop.csv").write_text("Name,Email,Paid at,Total\n" + rows)
    data = load(write(propose([tmp_path / "shop.csv"], tmp_path), tmp_path))
    assert data.config.tables["orders"].columns["order_id"] == "Name"
    assert sorted(data.orders.execute()["amount"]) == [5.0, 22.72]


def test_a_name_that_is_no_order_number_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("Name,Email,Paid at,Total\nAda,a@b.c,2024-02-13,22.72\n")
    assert "order_id" not in propose([tmp_path / "shop.csv"], tmp_path).yaml_text


def test_what_was_found_and_what_is_missing_is_said(tmp_path: Path) -> None:
    (tmp_path / "till.csv").write_text("CustID,Net,Colour\n7,5,red\n")
    with pytest.raises(ConfigError) as caught:
        propose([tmp_path / "till.csv"], tmp_path)
    assert "found till.csv: customer_id: CustID, amount: Net; no ordered_at among CustID, Net, Colour" in str(
        caught.value
    )


def test_the_smallest_cell_is_not_proposed(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES)
    assert "min_cell" not in propose([tmp_path / "sales.csv"], tmp_path).yaml_text
