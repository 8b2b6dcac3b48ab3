"""MovieLens in the forms in which it travels, where ratings carry a time.

GroupLens, https://grouplens.org/datasets/movielens/ (research use, no redistribution). F. M. Harper and J. A. Konstan,
"The MovieLens datasets: history and context", ACM TiiS 2015, doi 10.1145/2827872.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from millstream_tools.shops.contract import BehaviourKind, Product
from millstream_tools.shops.recorded.columns import Coded, ColumnType, Floats, Ints, Layout, read_columns
from millstream_tools.shops.recorded.errors import BadDataError
from millstream_tools.shops.recorded.recording import Recording, in_order, repeats

LOOKS_FOR = (
    "MovieLens: ratings.dat (user::movie::rating::time), ratings.csv (userId, movieId, rating, timestamp), u.data, or "
    "a RecBole *.inter file; titles from movies.dat, movies.csv, u.item or *.item beside it; each may end in .gz "
    "(grouplens.org/datasets/movielens)"
)

_PAUSE = 1800.0  # seconds without a rating end a visit: the half hour that web analytics settled on


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write MovieLens down: how its two files end, are laid out and name their columns.

    `rating_columns` are user, movie, stars and time; `movie_columns` id, title and, if any, genres and year.
    """

    ratings_end: str
    ratings: Layout
    rating_columns: tuple[str, str, str, str]
    movies_end: str
    movies: Layout
    movie_columns: tuple[str, ...]


_DAT = ("user", "movie", "rating", "timestamp")
_GENRES_100K = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical "
    "Mystery Romance Sci-Fi Thriller War Western"
)
_ITEM_100K = ("movie", "title", "released", "video", "url", *_GENRES_100K.split())
_FORMS = (
    _Form(
        "ratings.dat", Layout("::", _DAT, quoted=False), _DAT,
        "movies.dat", Layout("::", ("movie", "title", "genres"), quoted=False), ("movie", "title", "genres"),
    ),
    _Form(
        "ratings.csv", Layout(","), ("userId", "movieId", "rating", "timestamp"),
        "movies.csv", Layout(","), ("movieId", "title", "genres"),
    ),
    _Form(
        "u.data", Layout("\t", _DAT, quoted=False), _DAT,
        "u.item", Layout("|", _ITEM_100K, quoted=False), ("movie", "title"),
    ),
    _Form(
        ".inter", Layout("\t", quoted=False), ("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
        ".item", Layout("\t", quoted=False),
        ("item_id:token", "movie_title:token_seq", "class:token_seq", "release_year:token"),
    ),
)  # fmt: skip


def read(files: Sequence[Path]) -> Recording | None:
    """The recording, or None when no file is of this kind. Every rating is an event, whatever its stars."""
    for form in _FORMS:
        if ratings := _ending(files, form.ratings_end):
            beside = sorted(
                ratings.parent.iterdir()
            )  # a single file may have been asked for; its titles stand beside it
            return _recording(ratings, form, _products(_ending(beside, form.movies_end), form))
    return None


def _ending(files: Sequence[Path], end: str) -> Path | None:
    return next((file for file in files if file.name.removesuffix(".gz").endswith(end)), None)


def _recording(path: Path, form: _Form, known: dict[str, Product]) -> Recording:
    user_name, item_name, rating_name, time_name = form.rating_columns
    wanted: dict[str, ColumnType] = {user_name: "text", item_name: "text", rating_name: "number", time_name: "number"}
    rows = read_columns([path], wanted, form.ratings)
    time, rating = rows.numbers(time_name), rows.numbers(rating_name)
    user, item = rows.coded(user_name), rows.coded(item_name)
    complete = (user.codes >= 0) & (item.codes >= 0) & ~np.isnan(time) & ~np.isnan(rating)
    kept = np.flatnonzero(complete)
    if not kept.size:
        raise BadDataError(f"{path}: expected ratings with user, movie, stars and time, got {len(rows)} rows and none")
    order = kept[np.lexsort((kept, time[kept]))]
    user, item, time = in_order(user, order), in_order(item, order), time[order]
    session = _sessions(user, time)
    untitled = [label for label in item.labels if label not in known]
    return Recording(
        name="MovieLens",
        source="movielens",
        kind=BehaviourKind.RATED,
        exclude_seen="all",
        user=user,
        session=session,
        item=item,
        occurred_at=time,
        value=rating[order],
        repeat=repeats(session.codes, item.codes, time),
        products=(*known.values(), *(Product(label, f"movie {label}") for label in untitled)),
        notes=(
            f"read {len(rows):,} ratings from {path.name}, dropped {len(rows) - len(kept):,} incomplete ones",
            f"{len(known):,} titles known, {len(untitled):,} rated movies without one",
            "a pause of half an hour ends a visit; ratings of every height count as interactions",
        ),
    )


def _sessions(user: Coded, time: Floats) -> Coded:
    """Each user's events cut at pauses; labelled by user and the visit's number."""
    order = np.lexsort((np.arange(len(time)), time, user.codes))
    people, times = user.codes[order], time[order]
    new_user = np.diff(people, prepend=-1) != 0
    starts = new_user | (np.diff(times, prepend=0.0) > _PAUSE)
    number = np.cumsum(starts) - 1
    first_number: Ints = np.maximum.accumulate(np.where(new_user, number, 0))
    labels = [f"{user.labels[people[place]]}-{number[place] - first_number[place]}" for place in np.flatnonzero(starts)]
    codes = np.empty(len(time), dtype=np.int64)
    codes[order] = number
    return Coded(codes, labels)


def _products(path: Path | None, form: _Form) -> dict[str, Product]:
    """Movies by id; the category is the first genre."""
    if path is None:
        return {}
    rows = read_columns([path], dict.fromkeys(form.movie_columns, "text"), form.movies)
    columns = [rows.texts(name) for name in form.movie_columns]
    return {row[0]: _product(*row) for row in zip(*columns, strict=True)}


def _product(movie: str, title: str, genres: str = "", year: str = "") -> Product:
    written = f"{title} ({year})" if year and not title.endswith(")") else title
    names = [] if genres.startswith("(no ") else [genre for genre in re.split(r"[| ]", genres) if genre]
    year_in_title = re.search(r"\((\d{4})\)\s*$", written)
    attributes: dict[str, str | float | bool] = {}
    if names:
        attributes["genres"] = "|".join(names)
    if year_in_title:
        attributes["year"] = int(year_in_title[1])
    return Product(movie, written or f"movie {movie}", names[0] if names else "", attributes=attributes)
