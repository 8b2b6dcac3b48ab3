"""Your own shop in five commands, as the README has them: from two files that have no name here to recommendations."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.e2e.test_cli import checkout as checkout  # noqa: PLC0414  # a fixture that is used here too
from tests.e2e.test_cli import said
from tests.importing import table
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

SHELVES = 12
START = 1_700_000_000


def test_a_shop_gets_from_its_files_to_its_own_recommendations(checkout: Path) -> None:
    """What goes together in the file is recommended together; each command says what is missing until nothing is."""
    draw = random.Random(7)
    goods = [{"sku": f"{shelf}-{n}", "title": f"Thing {n} of {shelf}", "shelf": f"s{shelf}", "euro": n + 0.5}
             for shelf in range(SHELVES) for n in range(5)]  # fmt: skip
    # Each customer buys along one shelf.
    bought = [
        {"customer": f"c{customer}", "sku": f"{customer % SHELVES}-{n}", "at": START + customer * 600 + place}
        for customer in range(120)
        for place, n in enumerate(draw.sample(range(5), 4))
    ]
    catalogue = table(checkout / "goods.csv", goods)
    history = table(checkout / "sold.csv", bought)
    said(checkout, "up")
    published = said(checkout, "catalogue", "import", str(catalogue), "--item", "sku", "--name", "title",
                     "--category", "shelf", "--price", "euro")  # fmt: skip
    assert published == "Published 60 items from goods.csv.\n"
    imported = said(checkout, "import", str(history), "--user", "customer", "--item", "sku", "--time", "at",
                    "--event-type", "=ItemPurchased")  # fmt: skip
    assert "events    480\n" in imported
    assert "not published" not in imported
    assert "`millstream models fit --from-log --promote`" in imported
    assert said(checkout, "models", "fit", "--from-log", "--promote").endswith(" serves.\n")

    def recommended() -> list[str]:
        answer = json.loads(said(checkout, "recommend", "c3", "-n", "1", "--exclude-seen", "all", "--json"))
        return [item["itemId"] for item in answer["itemList"] if item["source"] == "model"]

    # The one item of the customer's own shelf that the customer lacks.
    (missing,) = {f"3-{n}" for n in range(5)} - {str(row["sku"]) for row in bought if row["customer"] == "c3"}
    eventually(lambda: recommended() == [missing])
