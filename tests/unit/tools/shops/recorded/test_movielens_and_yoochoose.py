"""Reading MovieLens in its four forms, and YOOCHOOSE clicks, on made-up rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.shops.contract import BehaviourKind
from millstream_tools.shops.recorded import BadDataError, UnknownDataError, open_shop
from tests.unit.tools.shops.recorded.made_up import movielens_csv, written, yoochoose_tsv

_RATINGS = [("1", "10", "4", "1000"), ("2", "11", "5", "1010"), ("1", "11", "3", "1020"), ("2", "10", "1", "9000")]


def _four_forms(folder: Path) -> list[Path]:
    forms = [folder / name for name in ("dat", "csv", "data", "inter")]
    for form in forms:
        form.mkdir()
    dat, csv, data, inter = forms
    written(dat / "ratings.dat.gz", ("::".join(row) for row in _RATINGS))
    written(dat / "movies.dat", ("10::Amélie: Again (1999)::Drama|War", "11::Two (2000)::Comedy"), "latin-1")
    written(csv / "ratings.csv", ("userId,movieId,rating,timestamp", *(",".join(row) for row in _RATINGS)))
    written(csv / "movies.csv", ("movieId,title,genres", "10,Amélie: Again (1999),Drama|War", "11,Two (2000),Comedy"))
    written(data / "u.data", ("\t".join(row) for row in _RATINGS))
    flags = "|".join(["0"] * 19)
    written(data / "u.item", (f"10|Amélie: Again (1999)|d||u|{flags}", f"11|Two (2000)|d||u|{flags}"), "latin-1")
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    written(inter / "ml.inter.gz", (header, *("\t".join(row) for row in _RATINGS)))
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"
    written(inter / "ml.item", (header, "10\tAmélie: Again\t1999\tDrama War", "11\tTwo\t2000\tComedy"))
    return forms


def test_the_four_forms_of_movielens_are_the_same_shop(tmp_path: Path) -> None:
    """Events, ids and titles do not depend on how the ratings are written down."""
    shops = [open_shop(form, seed=1, probes=0, live_fraction=0.25) for form in _four_forms(tmp_path)]
    histories = [list(shop.history()) for shop in shops]
    assert histories[0] == histories[1] == histories[2] == histories[3]
    assert {tuple((p.item_id, p.name) for p in shop.products()) for shop in shops} == {
        (("10", "Amélie: Again (1999)"), ("11", "Two (2000)"))
    }
    assert [shop.products()[0].category for shop in shops] == ["Drama", "Drama", "", "Drama"]  # u.item has only flags
    assert shops[0].products()[0].attributes == {"genres": "Drama|War", "year": 1999}


def test_a_rating_is_worth_its_stars_and_all_seen_movies_are_left_out(tmp_path: Path) -> None:
    """One watches a film once."""
    shop = open_shop(movielens_csv(tmp_path), seed=1, probes=0)
    history = list(shop.history())
    assert {behaviour.event_type for behaviour in history} == {BehaviourKind.RATED}
    assert [behaviour.value for behaviour in history[:5]] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert shop.exclude_seen == "all"


def test_half_an_hours_pause_ends_a_visit(tmp_path: Path) -> None:
    """Each user's visits are counted on their own."""
    shop = open_shop(movielens_csv(tmp_path, 20), seed=1, probes=0)
    sessions = [behaviour.session_id for behaviour in shop.history()]
    assert sessions == ["1-0", "2-0"] * 4 + ["1-1", "2-1"] * 4


def test_a_single_file_finds_its_titles_beside_it(tmp_path: Path) -> None:
    """The flag may name the ratings alone."""
    folder = movielens_csv(tmp_path)
    assert open_shop(folder / "ratings.csv", seed=1, probes=0).products()[0].name == "Made-up, Part 0 (1999)"


def test_ratings_without_a_time_are_refused_by_the_missing_column(tmp_path: Path) -> None:
    """There is no live part without time."""
    written(tmp_path / "ratings.csv", ("userId,movieId,rating", "1,2,3"))
    with pytest.raises(BadDataError, match=r"missing \['timestamp'\]; found \['userId', 'movieId', 'rating'\]"):
        open_shop(tmp_path, seed=1, probes=0)


def test_a_click_session_is_a_user_and_repeated_clicks_have_their_own_ids(tmp_path: Path) -> None:
    """Two clicks on one item are two events, also within the same instant."""
    path = yoochoose_tsv(tmp_path)
    written(path, (*path.read_text().splitlines(), "0\t0\t1000000.5"))
    history = list(open_shop(tmp_path, seed=1, probes=0).history())
    assert history[0].user_id == history[0].session_id == "session-0"
    assert (history[0].item_id, history[0].occurred_at) == (history[1].item_id, history[1].occurred_at)
    assert len({behaviour.event_id for behaviour in history}) == len(history)


def test_the_parts_of_a_full_training_file_are_not_read_twice(tmp_path: Path) -> None:
    """train_full holds train_tr and train_valid already; the test file follows it."""
    yoochoose_tsv(tmp_path, "c_train_full.txt", range(4))
    yoochoose_tsv(tmp_path, "c_train_tr.txt.gz", range(3))
    yoochoose_tsv(tmp_path, "c_test.txt", range(4, 6))
    assert "read 24 clicks from c_test.txt, c_train_full.txt" in open_shop(tmp_path, seed=1, probes=0).summary()[0]


def test_unknown_data_is_told_what_was_looked_for_and_what_was_found(tmp_path: Path) -> None:
    """Every known data set is named, and where to get it."""
    written(tmp_path / "notes.txt", ["hello"])
    with pytest.raises(UnknownDataError) as caught:
        open_shop(tmp_path, seed=1, probes=0)
    for words in ("Online Retail", "dataset 352", "MovieLens", "YOOCHOOSE", "found notes.txt"):
        assert words in str(caught.value)


def test_a_place_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A typo in a path is the commonest mistake."""
    with pytest.raises(UnknownDataError, match="nowhere: expected a folder or a file, found nothing"):
        open_shop(tmp_path / "nowhere", seed=1, probes=0)
