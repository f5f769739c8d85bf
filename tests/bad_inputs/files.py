"""Files that are no table, or not the table they seem to be."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from bad_inputs.case import CONFIG, GOOD, Case, csv

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" * 9
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SQLITE = b"SQLite format 3\x00" + bytes(4080)
HTML = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body>Your session, it has ended</body></html>\n"
JSON = '[{"client": "a", "day": "2024-01-05", "total": 3},\n {"client": "b", "day": "2024-01-06", "total": 4}]\n'
LINES = GOOD.splitlines()
FOLDER = CONFIG.replace("sales.csv", "sales")
DATABASE = 'sources: {shop: {url: "duckdb://shop.duckdb"}}\n' + CONFIG.replace("sales.csv", "shop.sales")
JOSE = csv("José,2024-01-05,3", "Zoë,2024-01-06,4")


def excel() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def parquet() -> bytes:
    packed = io.BytesIO()
    pd.read_csv(io.StringIO(GOOD)).to_parquet(packed)
    return packed.getvalue()


def after(line: int, text: str) -> str:
    """Return the good file with a line put in after that many."""
    return "\n".join([*LINES[:line], text, *LINES[line:], ""])


def many_columns() -> bytes:
    return ",".join(f"c{number}" for number in range(1_000_000)).encode() + b"\n" + b"1," * 999_999 + b"1\n"


@contextmanager
def empty_folder(folder: Path) -> Iterator[None]:
    (folder / "sales.csv").mkdir()
    yield


@contextmanager
def pipe(folder: Path) -> Iterator[None]:
    os.mkfifo(folder / "sales.csv")
    yield


@contextmanager
def database(folder: Path) -> Iterator[None]:
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE sale AS SELECT 'a' AS client, DATE '2024-01-05' AS day, 5 AS total")
    yield


@contextmanager
def database_held_by_another_process(folder: Path) -> Iterator[None]:
    with database(folder):
        code = "import duckdb; c = duckdb.connect('shop.duckdb'); print('held', flush=True); input()"
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdin
            assert holder.stdout
            holder.stdout.readline()
            try:
                yield
            finally:
                holder.communicate(b"\n")


CASES = (
    Case("no such file", None, code=7, expected="the data file", found="no such file",
        fix="relative to kpikit.yaml", where="kpikit.yaml, line 4: tables.orders.from"),
    Case("a file name misspelled", None, also={"sale.csv": GOOD}, code=7, expected="the data file",
        found="no such file", fix="Did you mean sale.csv?", where="kpikit.yaml, line 4"),
    Case("a pattern that no file fits", None, CONFIG.replace("sales.csv", "'2023*.csv'"), code=7,
        expected="the data file", found="2023*.csv; found no such file", fix="relative to kpikit.yaml",
        where="kpikit.yaml, line 4"),
    Case("an empty file", "", expected="a header and rows", found="an empty file", fix="Export it again",
        where="sales.csv"),
    Case("a file of blank lines", "\n\n\n", expected="a header and rows", found="blank lines only",
        fix="Export it again",
        where="sales.csv"),
    Case("a header without rows", csv(), expected="at least one row", found="a header without rows",
        fix="Export the table again", where="sales.csv"),
    Case("a picture called sales.csv", PNG, expected="a table as text", found="a PNG picture", fix="Export the table",
        where="sales.csv"),
    Case("an Excel workbook called sales.csv", excel, expected="a table as text",
        found="an Excel workbook or another ZIP",
        fix="save the sheet as CSV", where="sales.csv"),
    Case("an old Excel workbook called sales.csv", OLD_EXCEL, expected="a table as text", found="an old Excel workbook",
        fix="save the sheet as CSV", where="sales.csv"),
    Case("an Excel workbook", None, CONFIG.replace("sales.csv", "sales.xlsx"), {"sales.xlsx": excel},
        expected="a CSV, TSV, Parquet or DuckDB file", found="sales.xlsx", fix="an Excel sheet can be saved as CSV",
        where="kpikit.yaml, line 4: tables.orders.from"),
    Case("a web page called sales.csv", HTML, expected="a table as text", found="a web page", fix="Export the table",
        where="sales.csv"),
    Case("JSON called sales.csv", JSON, expected="a table as text", found="JSON", fix="as CSV or Parquet",
        where="sales.csv"),
    Case("a Parquet file called sales.csv", parquet, expected="a table as text", found="a Parquet file",
        fix="sales.parquet", where="sales.csv"),
    Case("a SQLite file in the place of DuckDB's", None, CONFIG.replace("sales.csv", "shop.db"), {"shop.db": SQLITE},
        code=7, expected="the DuckDB file shop.db", found="SQLite", fix="Export", where="kpikit.yaml, line 4"),
    Case("text in the place of a DuckDB file", None, DATABASE, {"shop.duckdb": "not a database"}, code=7,
        expected="the DuckDB file shop.duckdb", found="not a", fix="Check that it is a DuckDB file",
        where="kpikit.yaml, line 1"),
    Case("a DuckDB table that is not there", None, DATABASE, setting=database, expected="one of the tables sale",
        found="'shop.sales'", fix="Did you mean 'sale'?", where="kpikit.yaml, line 1: sources.shop.url"),
    Case("a DuckDB file that another process holds", None, DATABASE, setting=database_held_by_another_process, code=7,
        expected="the DuckDB file shop.duckdb open for reading", found="another process holds it",
        fix="Close the program", where="kpikit.yaml, line 1"),
    Case("a header with commas over rows with semicolons", csv("a;2024-01-05;3", "b;2024-01-06;4"),
        expected="rows that fit the header", found="1", fix="Check the delimiter", where="sales.csv, line 2"),
    Case("columns divided by ~", GOOD.replace(",", "~"), expected="a column 'client'", found="client~day~total",
        fix="delimiter", where="kpikit.yaml, line 5"),
    Case("a quote left open", after(30, 'c1,"2024-01-05,3'), expected="rows that fit the header", found="quote",
        fix="Check the delimiter and the quotes there", where="sales.csv, line 31"),
    Case("a quote left open in the last line", after(61, 'c1,2024-01-05,"3'), expected="rows that fit the header",
        found="quote", fix="quotes", where="sales.csv, line 62"),
    Case("UTF-16, little end first", b"\xff\xfe" + JOSE.encode("utf-16-le"), code=0, grade="REVIEW",
        seen=("sales.csv was read as utf-16",), reads={"max(customer_id)": "Zoë", "sum(amount)": 7.0}),
    Case("UTF-16, big end first", b"\xfe\xff" + JOSE.encode("utf-16-be"), code=0, grade="REVIEW",
        seen=("sales.csv was read as utf-16",), reads={"max(customer_id)": "Zoë", "sum(amount)": 7.0}),
    Case("UTF-16, little end first, without a mark", JOSE.encode("utf-16-le"), code=0, grade="REVIEW",
        seen=("sales.csv was read as utf-16-le",), reads={"max(customer_id)": "Zoë", "sum(amount)": 7.0}),
    Case("UTF-16, big end first, without a mark", JOSE.encode("utf-16-be"), code=0, grade="REVIEW",
        seen=("sales.csv was read as utf-16-be",), reads={"max(customer_id)": "Zoë", "sum(amount)": 7.0}),
    Case("UTF-16 with half a character at the end", JOSE.encode("utf-16")[:-1], expected="a whole file in utf-16",
        found="truncated data", fix="Copy or export it again", where="sales.csv"),
    Case("UTF-32", JOSE.encode("utf-32"), code=0, grade="REVIEW", seen=("sales.csv was read as utf-32",),
        reads={"max(customer_id)": "Zoë", "sum(amount)": 7.0}),
    Case("Latin-1", JOSE.encode("latin-1"), code=0, grade="REVIEW",
        seen=("sales.csv was read as Windows-1252 (Latin-1)",),
        reads={"max(customer_id)": "Zoë", "min(customer_id)": "José"}),
    Case("UTF-8 with a byte-order mark", JOSE.encode("utf-8-sig"), code=0, grade="PASS",
        seen=("sales.csv begins with a byte-order mark, which was skipped",), reads={"max(customer_id)": "Zoë"}),
    Case("a row with too few values", after(30, "c1,2024-01-05"), expected="rows that fit the header", found="2",
        fix="Check the delimiter", where="sales.csv, line 31"),
    Case("a row with too many values", after(30, "c1,2024-01-05,3,4,5"), expected="rows that fit the header", found="5",
        fix="Check the delimiter", where="sales.csv, line 31"),
    Case("decimal commas between commas", csv("a,2024-01-05,3,50", "b,2024-01-06,4,25"),
        expected="rows that fit the header",
        found="4", fix="Check the delimiter", where="sales.csv, line 2"),
    Case("a header of a million columns", many_columns, expected="lines of at most 10,000 columns and 2 MB",
        found="a longer one", fix="Check the delimiter", where="sales.csv, line 1"),
    Case("a header of 10,500 columns", ",".join(f"c{n}" for n in range(10_500)) + "\n" + "," * 10_499 + "\n",
        expected="at most 10,000 columns", found="10,500 in the header", fix="Check the delimiter",
        where="sales.csv, line 1"),
    Case("a row of a million columns", lambda: GOOD.encode() + b"1," * 999_999 + b"1\n",
        expected="lines of at most 10,000 columns and 2 MB", found="a longer one", fix="Check the delimiter",
        where="sales.csv, line 62"),
    Case("NUL bytes", GOOD.replace("c1,", "c\x001,"), expected="text", found="NUL", fix="Export it again",
        where="sales.csv, line 3"),
    Case("a Parquet file cut off", None, CONFIG.replace("csv", "parquet"), {"sales.parquet": lambda: parquet()[:-100]},
        expected="a Parquet file", found="sales.parquet", fix="Export it again", where="sales.parquet"),
    Case("text called sales.parquet", None, CONFIG.replace("csv", "parquet"), {"sales.parquet": GOOD},
        expected="a Parquet file", found="sales.parquet", fix="Export it again", where="sales.parquet"),
    Case("a gzip file cut off", None, CONFIG.replace("csv", "csv.gz"),
        {"sales.csv.gz": lambda: gzip.compress(GOOD.encode())[:-20]},
        expected="a whole gzip file", found="ended", fix="Copy or export it again", where="sales.csv.gz"),
    Case("a gzip file with a wrong byte", None, CONFIG.replace("csv", "csv.gz"),
        {"sales.csv.gz": lambda: gzip.compress(GOOD.encode())[:-8] + bytes(8)},
        expected="a whole gzip file", found="CRC", fix="Copy or export it again", where="sales.csv.gz"),
    Case("plain text called sales.csv.gz", None, CONFIG.replace("csv", "csv.gz"), {"sales.csv.gz": GOOD}, code=0,
        grade="PASS", seen=("sales.csv.gz is not packed",), reads={"sum(amount)": 2400.0}),
    Case("gzip called sales.csv", lambda: gzip.compress(GOOD.encode()), code=0,
        grade="PASS", seen=("sales.csv is packed with gzip",), reads={"sum(amount)": 2400.0}),
    Case("a folder without a data file", None, FOLDER, {"sales/readme.md": "nothing here"}, code=7,
        expected="a CSV, TSV or Parquet file in the folder", found="readme.md", fix="relative to kpikit.yaml",
        where="kpikit.yaml, line 4"),
    Case("a folder called sales.csv", None, setting=empty_folder, code=7,
        expected="a CSV, TSV or Parquet file in the folder",
        found="nothing", fix="relative to kpikit.yaml", where="kpikit.yaml, line 4"),
    Case("a folder of two kinds of file", None, FOLDER, {"sales/1.csv": GOOD, "sales/2.parquet": parquet},
        expected="files of one kind", found="1.csv, 2.parquet", fix="sales/*.csv", where="kpikit.yaml, line 4"),
    Case("a folder with an empty file", None, FOLDER, {"sales/1.csv": GOOD, "sales/2.csv": ""},
        expected="a header and rows", found="an empty file", fix="Export it again", where="2.csv"),
    Case("a folder of two delimiters", None, FOLDER, {"sales/1.csv": GOOD, "sales/2.csv": GOOD.replace(",", ";")},
        expected="files with one delimiter", found="2.csv with ';'", fix="Export them alike", where="2.csv"),
    Case("a folder with a further column in one file", None, FOLDER,
        {"sales/1.csv": GOOD, "sales/2.csv": csv("z,2024-05-18,9,web", header="client,day,total,channel")}, code=0,
        grade="REVIEW", seen=("1.csv lacks channel",), reads={"count(channel)": 1, "count(*)": 61}),
    Case("a folder where one file lacks a needed column", None, FOLDER,
        {"sales/1.csv": GOOD, "sales/2.csv": csv("z,2024-05-18", header="client,day")},
        expected="a column 'total' in every file", found="2.csv without it", fix="Export it again", where="2.csv"),
    Case("a folder of Parquet where one file lacks a needed column", None, FOLDER,
        {"sales/1.parquet": parquet, "sales/2.parquet": lambda: without_total()},
        expected="a column 'total' in every file", found="2.parquet without it", fix="Export it again",
        where="2.parquet"),
    Case("a mapped column that is there twice", csv("a,2024-01-05,3,4", header="client,day,total,total"),
        expected="a column 'total' once", found="it twice (columns 3 and 4)", fix="Rename one of them",
        where="sales.csv, line 1"),
    Case("another column that is there twice", csv("a,2024-01-05,3,x,y", header="client,day,total,note,note"), code=0,
        grade="REVIEW", seen=("another column note (column 5) was called note_1",), reads={"max(note_1)": "y"}),
    Case("a column without a name", csv("a,2024-01-05,3,x", header="client,day,total,"), code=0, grade="REVIEW",
        seen=("column 4 has no name and was called column3",), reads={"max(column3)": "x"}),
    Case("blanks around the names of columns", csv("a,2024-01-05,3", header=" client , day ,total "), code=0,
        grade="PASS",
        seen=("names of columns lost their outer blanks",), reads={"sum(amount)": 3.0}),
    Case("a column called as one of kpikit's own", csv("a,2024-01-05,3,y", header="client,day,total,_reason"),
        expected="columns called otherwise than _row, _reason, _keep", found="'_reason'",
        fix="Rename it", where="orders"),
    Case("files of one name in two folders", None, CONFIG.replace("sales.csv", "'*/sales.csv'"),
        {"east/sales.csv": GOOD, "west/sales.csv": GOOD.replace("10.5", "ten")}, expected="a number", found="'ten'",
        fix="Correct these rows", where="orders.amount: west/sales.csv, line 2"),
    Case("no header", "\n".join(LINES[1:]), expected="a column 'client'", found="c0", fix="header",
        where="kpikit.yaml, line 5"),
    Case("a title above the header", "Sales 2024\n\n" + GOOD, code=0, grade="REVIEW",
        seen=("2 lines above the header skipped",), reads={"sum(amount)": 2400.0}),
    Case("a title with commas above the header", "Sales, in EUR\n" + GOOD, expected="rows that fit the header",
        found="3", fix="Check the delimiter", where="sales.csv, line 2"),
    Case("a remark above the header", "# made on 2024-06-01\n" + GOOD, code=0, grade="REVIEW",
        seen=("1 line above the header skipped",), reads={"sum(amount)": 2400.0}),
    Case("a wrong value below blank lines and a quoted line break",
        csv("a,2024-01-05,3,x", "", 'b,2024-01-06,4,"y', 'y"', "c,2024-01-07,five,z", header="client,day,total,note"),
        expected="a number", found="'five' in column total", fix="Correct these rows", where="sales.csv, line 6"),
    Case("a pipe in the place of a file", None, setting=pipe, code=7, expected="a file", found="sales.csv, a pipe",
        fix="Save the table as a file", where="kpikit.yaml, line 4"),
    Case("a quote inside a value", csv('a,2024-01-05,3,5" pipe', "b,2024-01-06,4,", header="client,day,total,note"),
        code=0,
        grade="PASS", reads={"max(note)": '5" pipe'}),
    Case("a line of totals below the rows", GOOD + "Total,,2400\n", code=0, grade="PASS",
        seen=("1 set aside (1 with no date)",),
        reads={"sum(amount)": 2400.0}),
    Case("lines that end as on Windows", GOOD.replace("\n", "\r\n"), code=0, grade="PASS",
        reads={"sum(amount)": 2400.0}),
    Case("lines that end as on old Macs", GOOD.replace("\n", "\r"), code=0, grade="PASS",
        reads={"sum(amount)": 2400.0}),
    Case("lines that end in two ways", GOOD.replace("\n", "\r\n", 30), code=0, grade="PASS",
        reads={"sum(amount)": 2400.0}),
)  # fmt: skip


def without_total() -> bytes:
    packed = io.BytesIO()
    pd.DataFrame({"client": ["z"], "day": ["2024-05-18"]}).to_parquet(packed)
    return packed.getvalue()
