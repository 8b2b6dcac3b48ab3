"""UCI "Online Retail": a year of a British gift wholesaler's invoices.

Daqing Chen, 2015, doi 10.24432/C5BW33, https://archive.ics.uci.edu/dataset/352/online+retail (CC BY 4.0).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from millstream_tools.shops.contract import BehaviourKind, Product
from millstream_tools.shops.recorded.columns import (
    Coded,
    Columns,
    ColumnType,
    Floats,
    Ints,
    Layout,
    column_names,
    extension,
    read_columns,
)
from millstream_tools.shops.recorded.errors import BadDataError
from millstream_tools.shops.recorded.recording import Recording, in_order

LOOKS_FOR = (
    "Online Retail: a .parquet or .csv file (or .csv.gz) with the columns InvoiceNo, StockCode, Description, Quantity, "
    'InvoiceDate, UnitPrice, CustomerID (UCI Machine Learning Repository, "Online Retail", dataset 352)'
)

_COLUMNS: dict[str, ColumnType] = {
    "InvoiceNo": "text",
    "StockCode": "text",
    "Description": "text",
    "Quantity": "number",
    "InvoiceDate": "time",
    "UnitPrice": "number",
    "CustomerID": "number",
}
_TELLING = {"InvoiceNo", "StockCode"}
_LAYOUT = Layout(",")
_SMALLEST_CATEGORY = 5  # products; rarer last words tell nothing


def read(files: Sequence[Path]) -> Recording | None:
    """The recording, or None when no file is of this kind.

    Kept are lines with a customer and a positive quantity on invoices that are no cancellations. Within an invoice, a
    product that stands on several lines is one purchase: the first line, with the value of all.
    """
    for path in files:
        if extension(path) in (".csv", ".parquet") and set(column_names(path, _LAYOUT)) >= _TELLING:
            return _recording(path, _Lines.of(read_columns([path], _COLUMNS, _LAYOUT)))
        if extension(path) == ".xlsx" and "retail" in path.name.lower():
            raise BadDataError(f"{path}: expected .csv or .parquet, got an Excel workbook; save its sheet as CSV first")
    return None


@dataclass(frozen=True, slots=True)
class _Lines:
    """The file's invoice lines, column by column."""

    invoice: Coded
    stock: Coded
    description: Coded
    customer: Floats
    quantity: Floats
    price: Floats
    time: Floats

    @classmethod
    def of(cls, columns: Columns) -> _Lines:
        """Take the columns out of what was read."""
        return cls(
            invoice=columns.coded("InvoiceNo"),
            stock=columns.coded("StockCode"),
            description=columns.coded("Description"),
            customer=columns.numbers("CustomerID"),
            quantity=columns.numbers("Quantity"),
            price=columns.numbers("UnitPrice"),
            time=columns.numbers("InvoiceDate"),
        )


def _recording(path: Path, lines: _Lines) -> Recording:
    kept, notes = _clean(path, lines)
    # by time, then by invoice number as text, then as the file has them
    rank = np.argsort(np.argsort(np.array(lines.invoice.labels, dtype=str), kind="stable"))
    order = kept[np.lexsort((kept, rank[lines.invoice.codes[kept]], lines.time[kept]))]
    first, value = _one_line_a_product(lines, order)
    merged = len(order) - len(first)
    numbers, codes = np.unique(lines.customer[first].astype(np.int64), return_inverse=True)
    return Recording(
        name="UCI Online Retail",
        source="uci-online-retail",
        kind=BehaviourKind.PURCHASED,
        exclude_seen="session",
        user=Coded(codes, [str(number) for number in numbers]),
        session=in_order(lines.invoice, first),
        item=in_order(lines.stock, first),
        occurred_at=lines.time[first],
        value=value,
        repeat=np.zeros(len(first), dtype=np.int64),
        products=_products(lines, order),
        notes=(
            *notes,
            f"merged {merged:,} lines that repeat a product of their invoice; {len(first):,} purchases remain",
            "category: a product's last word where five or more products share it, else none",
        ),
    )


def _clean(path: Path, lines: _Lines) -> tuple[Ints, list[str]]:
    """The rows to keep, and a note for each reason to drop some; a line counts under the first reason that fits."""
    cancelled = np.array([label.upper().startswith("C") for label in lines.invoice.labels], dtype=bool)
    nameless = (lines.invoice.codes < 0) | (lines.stock.codes < 0) | np.isnan(lines.time)
    reasons = {
        "lack invoice, product or time": nameless,
        "have no customer": np.isnan(lines.customer),
        "belong to a cancellation (InvoiceNo starts with C)": np.isin(lines.invoice.codes, np.flatnonzero(cancelled)),
        "have no positive quantity": ~(lines.quantity > 0),
    }
    kept = np.ones(len(lines.time), dtype=bool)
    notes = [f"read {len(kept):,} invoice lines"]
    for reason, applies in reasons.items():
        notes.append(f"dropped {int((kept & applies).sum()):,} that {reason}")
        kept &= ~applies
    if not kept.any():
        raise BadDataError(f"{path}: expected some purchases, got none after cleaning ({'; '.join(notes)})")
    return np.flatnonzero(kept), notes


def _one_line_a_product(lines: _Lines, order: Ints) -> tuple[Ints, Floats]:
    """The first line of each product of each invoice, in the same order, and the value of all its lines."""
    pair = lines.invoice.codes[order] * len(lines.stock.labels) + lines.stock.codes[order]
    _, first, group = np.unique(pair, return_index=True, return_inverse=True)
    sums = np.bincount(group, np.nan_to_num(lines.quantity * lines.price)[order])
    by_place = np.argsort(first)
    return order[first[by_place]], np.asarray(sums[by_place], dtype=np.float64)


def _products(lines: _Lines, order: Ints) -> tuple[Product, ...]:
    """Name: the product's most frequent description (alphabetically first of equals). Price: its median unit price."""
    spellings: dict[int, Counter[str]] = {}
    prices: dict[int, list[float]] = {}
    for row in order:
        item = int(lines.stock.codes[row])
        text = lines.description.label(row).strip() if lines.description.codes[row] >= 0 else ""
        spellings.setdefault(item, Counter())[text] += 1
        if lines.price[row] > 0:
            prices.setdefault(item, []).append(float(lines.price[row]))
    names = {item: min(seen, key=lambda text: (-seen[text], text)) for item, seen in spellings.items()}
    last_words = {item: _last_word(name) for item, name in names.items()}
    shared = Counter(last_words.values())
    return tuple(
        Product(
            item_id=lines.stock.labels[item],
            name=name or lines.stock.labels[item],
            category=last_words[item] if shared[last_words[item]] >= _SMALLEST_CATEGORY else "",
            price=round(float(np.median(prices[item])), 2) if item in prices else None,
        )
        for item, name in names.items()
    )


def _last_word(name: str) -> str:
    words = re.findall(r"[A-Za-z]{3,}", name)
    return words[-1].capitalize() if words else ""
