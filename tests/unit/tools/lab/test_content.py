"""What is written about items, and what models make of it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.content.item_vectors import TextKnobs, item_vectors, spread
from millstream_tools.lab.content.text_map import TextMap
from millstream_tools.lab.content.texts import aligned, natural_title, read_texts
from millstream_tools.lab.data.data_folder import SETTING
from millstream_tools.lab.models.families import create
from millstream_tools.shops.recorded.errors import BadDataError, UnknownDataError
from tests.unit.tools.lab.made_up import interactions, ints

SHOP = (
    "item,title,kind\n"
    "kettle,The red kettle,kitchen\n"
    "pan,The steel pan,kitchen\n"
    "pot,A steel pot,kitchen\n"
    "rake,A wide rake,garden\n"
    "spade,A long spade,garden\n"
    "hoe,A long hoe,garden\n"
)


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all data, which has a shop's texts."""
    (tmp_path / "shop.csv").write_text(SHOP)
    monkeypatch.setenv(SETTING, str(tmp_path))
    return tmp_path


def texts(*fields: str) -> dict[str, object]:
    """As a configuration says it."""
    return {"format": "table", "path": "shop.csv", "fields": list(fields), "encoder": "hashed-words"}


def test_the_films_of_movielens_have_title_genres_and_abstract(tmp_path: Path) -> None:
    """By the numbers of SASRec's file; a film without an abstract has an empty one."""
    (tmp_path / "sas_to_original_items.txt.gz").write_bytes(gzip.compress(b"1 50\n2 7\n"))
    films = "7::Légende, La (1995)::Drama\n50::Usual Suspects, The (1995)::Crime|Thriller\n9::Other (1999)::Comedy\n"
    (tmp_path / "movies.dat").write_bytes(films.encode("latin-1"))
    (tmp_path / "dbpedia_abstracts.json").write_text(json.dumps({"50": "Five criminals meet."}))
    assert read_texts("movielens-1m", tmp_path) == {
        "1": {"title": "The Usual Suspects (1995)", "genres": "Crime, Thriller", "abstract": "Five criminals meet."},
        "2": {"title": "La Légende (1995)", "genres": "Drama", "abstract": ""},
    }


def test_an_item_without_a_film_is_named(tmp_path: Path) -> None:
    """The files do not belong together."""
    (tmp_path / "sas_to_original_items.txt").write_text("1 50\n")
    (tmp_path / "movies.dat").write_text("7::Heat (1995)::Action\n")
    (tmp_path / "dbpedia_abstracts.json").write_text("{}")
    with pytest.raises(BadDataError, match=r"movies\.dat, got none for \['50'\]"):
        read_texts("movielens-1m", tmp_path)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Matrix, The (1999)", "The Matrix (1999)"),
        ("City of Lost Children, The (1995)", "The City of Lost Children (1995)"),
        ("Good, The Bad and The Ugly, The (1966)", "The Good, The Bad and The Ugly (1966)"),
        ("Theory of Everything (1990)", "Theory of Everything (1990)"),
    ],
)
def test_a_title_is_as_people_say_it(written: str, said: str) -> None:
    """The article comes first."""
    assert natural_title(written) == said


def test_an_online_shops_descriptions_are_its_texts(tmp_path: Path) -> None:
    """The most frequent description of each product."""
    path = tmp_path / "retail.csv"
    path.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
        "1,85123A,WHITE HEART,6,12/1/2010 8:26,2.5,17850\n"
    )
    assert read_texts("online-retail", path)["85123A"]["title"] == "WHITE HEART"


def test_texts_stand_in_the_order_of_the_catalogue(shop: Path) -> None:
    """Whatever the file's; an item that the file does not know has none."""
    found = aligned(read_texts("table", shop / "shop.csv"), ["hoe", "unknown", "pan"], ["title"])
    assert found == {"title": ["A long hoe", "", "The steel pan"]}


def test_a_field_that_nobody_has_is_refused(shop: Path) -> None:
    """With those that there are."""
    with pytest.raises(InvalidInputError, match="fields: expected among kind, title, got 'abstract'"):
        aligned(read_texts("table", shop / "shop.csv"), ["hoe"], ["abstract"])


def test_texts_that_are_not_there_are_told(shop: Path) -> None:
    """The path, and what was expected there."""
    with pytest.raises(UnknownDataError, match="expected texts of the format table, got nothing"):
        read_texts("table", shop / "missing.csv")


def test_a_relative_path_needs_the_folder_with_all_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be looked for wherever somebody happens to be."""
    monkeypatch.delenv(SETTING)
    with pytest.raises(InvalidInputError, match=SETTING):
        create("content", {"texts": texts("title")}).fit(interactions(("ann", "pan")), 0)


def test_a_rare_place_weighs_more_and_a_missing_text_is_the_mean_items() -> None:
    """Lengths come out with a mean square of 1."""
    vectors = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 0]], np.float32)
    found = spread(vectors, np.array([True, True, True, False]))
    assert not found[3].any()
    np.testing.assert_allclose(found[:3].sum(axis=0), 0.0, atol=1e-12)
    assert np.square(found[:3]).sum() == pytest.approx(3.0)
    rarity = 1 + np.log(4 / 2)
    first = np.array([1, rarity, 0]) / np.hypot(1, rarity)
    other = np.array([1, 0, rarity]) / np.hypot(1, rarity)
    np.testing.assert_allclose(found[0] - found[1], (first - other) * found[0, 1] / (first[1] - first[1] / 3))


def test_every_field_is_as_long_a_part_of_the_vector() -> None:
    """However many words it has."""
    items = [line.split(",")[0] for line in SHOP.splitlines()[1:]]
    knobs = TextKnobs("table", "shop.csv", ("title", "kind"), "hashed-words")
    vectors = item_vectors(knobs, items)
    lengths = [np.square(part).sum() / len(items) for part in np.split(vectors, 2, axis=1)]
    assert lengths == pytest.approx([0.5, 0.5])


def test_content_recommends_what_reads_like_the_history() -> None:
    """An item that nobody touched as well."""
    train = interactions(*[("ann", line.split(",")[0]) for line in SHOP.splitlines()[1:]])
    train = train.select(train.item != train.items.index("hoe"))
    model = create("content", {"texts": texts("title", "kind")})
    model.fit(train, 0)
    codes = {name: code for code, name in enumerate(train.items)}
    [best] = model.recommend([ints(codes["spade"])], 1, exclude_seen=True)
    assert best[0] == codes["hoe"]


def test_a_map_gives_back_a_linear_models_scores() -> None:
    """Scores that are products of a history's vector and a linear function of the text are read without an error."""
    random = np.random.default_rng(5)
    vectors = random.normal(size=(60, 4))
    scores = random.normal(size=(3, 7)) @ random.normal(size=(7, 4)) @ vectors.T + 2.0
    teachers = np.arange(60) < 40
    told = np.where(teachers, scores, -99.0)
    learned = TextMap.fitted(vectors, teachers, regularization=1e-9)
    lowest = told[:, teachers].min(axis=1, keepdims=True)
    np.testing.assert_allclose(learned.read(told, ~teachers), np.maximum(scores[:, ~teachers], lowest), atol=1e-6)


def test_an_item_gets_the_score_of_the_place_where_its_text_puts_it() -> None:
    """Best of all that are read: the best score there is; the order is that of what is read."""
    vectors = np.array([[0.0], [1.0], [2.0], [3.0], [9.0], [-9.0], [1.4]])
    teachers = np.arange(7) < 4
    scores = np.array([[1.0, 2.0, 4.0, 64.0, 0.0, 0.0, 0.0]])
    learned = TextMap.fitted(vectors, teachers, regularization=1e-9)
    np.testing.assert_allclose(learned.place(scores, ~teachers), [[64.0, 1.0, 4.0]])


def test_a_map_that_must_not_learn_says_the_mean() -> None:
    """With so much regularization that no text tells anything."""
    vectors = np.random.default_rng(5).normal(size=(10, 4))
    teachers = np.arange(10) < 8
    learned = TextMap.fitted(vectors, teachers, regularization=1e12)
    scores = np.arange(10.0)[None, :]
    np.testing.assert_allclose(learned.read(scores, ~teachers), 3.5, atol=1e-6)


def test_a_map_needs_items_to_learn_from() -> None:
    """Nobody has enough events."""
    with pytest.raises(InvalidInputError, match="items with enough events"):
        TextMap.fitted(np.eye(3), np.zeros(3, dtype=bool), 1.0)


def test_a_hybrid_reads_an_items_score_from_the_text_until_it_has_enough_events() -> None:
    """The base's own scores of the other items stay as they are, to the last bit."""
    kitchen, garden = ("kettle", "pan", "pot", "kettle"), ("rake", "spade", "rake")
    rows = [(f"user-{user}", item) for user in range(9) for item in (kitchen if user % 2 else garden)]
    train = interactions(*rows, ("user-0", "hoe"))
    codes = {name: code for code, name in enumerate(train.items)}
    base, texts_of_shop = {"family": "covisitation"}, texts("title", "kind")
    hybrid = create("hybrid", {"base": base, "texts": texts_of_shop, "fewer_than": 2, "regularization": 0.1})
    alone = create("covisitation", {})
    for model in (hybrid, alone):
        model.fit(train, 0)
    histories = [ints(codes["rake"]), ints(codes["kettle"])]
    mixed, own = hybrid.score(histories), alone.score(histories)
    known = np.arange(len(codes)) != codes["hoe"]
    np.testing.assert_array_equal(mixed[:, known], own[:, known])
    after_rake, after_kettle = mixed[:, codes["hoe"]]
    assert after_rake > own[0, codes["hoe"]]
    assert after_rake > after_kettle


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base": "ease"}, "base: expected a mapping with family"),
        ({"base": {"family": "nothing"}}, "family: expected one of"),
        ({"fewer_than": 0}, "fewer_than"),
        ({"scale": "loud"}, "scale: expected one of expected, place"),
        ({"texts": {"format": "prose", "path": "", "fields": ["title"]}}, "texts.format: expected one of"),
        ({"texts": {"format": "table", "path": "", "fields": []}}, "texts.fields: expected one or more"),
        ({"texts": {"format": "table", "path": "", "fields": ["a"], "encoder": "none-such"}}, "encoder: expected"),
    ],
)
def test_wrong_knobs_are_refused_before_anything_is_read(changes: dict[str, object], message: str) -> None:
    """By name, with what was expected."""
    with pytest.raises(InvalidInputError, match=message):
        create("hybrid", {"base": {"family": "ease"}, "texts": texts("title"), **changes})
