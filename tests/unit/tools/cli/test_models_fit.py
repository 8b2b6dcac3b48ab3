"""`millstream models fit`: on the stack's own log, or on files, to the same model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from millstream.adapters.memory import MemoryModelStore
from millstream.domain.keys import item_key
from millstream.domain.models.cards import read_card
from millstream.domain.slates.slate import SeenItems
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.trials import Outcome
from millstream.learning.training_set import load
from millstream.scoring.signature import read_signature
from millstream_tools.cli import models_choose, models_fit
from millstream_tools.cli.commands import app
from tests.importing import Shop, table

ROWS = [
    {"who": f"user-{user}", "what": f"item-{(user + step) % 20}", "when": 1_700_000_000 + 60 * step + user}
    for step in range(6)
    for user in range(80)
]
COLUMNS = ("--user", "who", "--item", "what", "--time", "when")


class Stack:
    """What the command reaches: a log with an imported history."""

    def __init__(self, folder: Path, history: Path) -> None:
        self.shop = Shop()
        self.shop.imports_files(history, user="who", item="what", time="when")
        self.store = MemoryModelStore(folder)

    def archive(self) -> object:
        """See millstream_tools.ops.stack."""
        return self.shop.archive

    def log_reader(self) -> None:
        """A stream that holds nothing."""

    def models(self) -> MemoryModelStore:
        """See millstream_tools.ops.stack."""
        return self.store


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A file that has no name here."""
    return table(tmp_path / "what happened.csv", ROWS)


@pytest.fixture
def stack(tmp_path: Path, history: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack into which the file was imported."""
    stack = Stack(tmp_path / "store", history)
    monkeypatch.setattr(models_fit, "open_stack", lambda _: stack)
    monkeypatch.setattr("millstream_tools.cli.dataset.open_stack", lambda _: stack)
    return stack


def ran(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", "fit", *map(str, arguments)])


@pytest.fixture(autouse=True)
def choices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of interrupted choices; and only light families, in a small budget, take part."""
    monkeypatch.setattr(models_choose, "CHOICES_FOLDER", tmp_path / "choices")
    monkeypatch.setattr(models_choose, "is_installed", lambda _: False)
    monkeypatch.setattr(models_choose, "MINUTES", 0.02)
    return tmp_path / "choices"


def version_in(folder: Path) -> str:
    return json.loads((folder / "signature.json").read_text())["algorithm"] + "-" + _sums(folder)


def _sums(folder: Path) -> str:
    return (folder / "SHA256SUMS").read_text()


@pytest.mark.parametrize("family", ["covisitation", "item_knn", "popularity"])
def test_the_log_and_the_file_give_the_same_model(stack: Stack, history: Path, tmp_path: Path, family: str) -> None:
    """To the byte of everything that decides an answer."""
    of_log = ran(tmp_path / "of log", "--from-log", "--family", family)
    of_file = ran(tmp_path / "of file", "--from-file", history, *COLUMNS, "--family", family)
    assert (of_log.exit_code, of_file.exit_code) == (0, 0), of_log.output + of_file.output
    assert version_in(tmp_path / "of log") == version_in(tmp_path / "of file")


def test_the_card_names_the_training_set_that_is_built_again(stack: Stack, tmp_path: Path) -> None:
    """`millstream dataset build` makes it, with the range of the log that the card has too."""
    assert ran(tmp_path / "model").exit_code == 0
    card = read_card((tmp_path / "model" / "card.json").read_bytes())
    built = CliRunner().invoke(app, ["dataset", "build", "--into", str(tmp_path / "sets")])
    assert built.exit_code == 0, built.output
    (folder,) = (tmp_path / "sets").iterdir()
    made = load(folder)
    assert (card.training_set, card.log) == (made.id, made.log)
    assert len(made.data) == len(ROWS)


def test_a_model_is_fitted_as_of_a_moment(stack: Stack, tmp_path: Path) -> None:
    """What came later is in neither the model nor its training set."""
    assert ran(tmp_path / "model", "--until", 1_700_000_000 + 150).exit_code == 0
    card = read_card((tmp_path / "model" / "card.json").read_bytes())
    assert card.log is not None
    assert 0 < card.log.events < len(ROWS)


def test_promoted_at_once_it_serves(stack: Stack) -> None:
    """No folder is needed."""
    done = ran("--from-log", "--promote", "--family", "covisitation", "--set", "neighbours=5", "--set", "backward=0.5")
    assert done.exit_code == 0, done.output
    champion = stack.store.champion()
    assert champion is not None
    assert f"{champion} serves." in done.stdout
    assert stack.store.model(champion).card.knobs["neighbours"] == 5


def test_published_it_waits(stack: Stack, tmp_path: Path) -> None:
    """The second time nothing is changed."""
    for _ in range(2):
        done = ran(tmp_path / "model", "--publish")
        assert done.exit_code == 0, done.output
        assert "is published." in done.stdout
    assert stack.store.champion() is None
    assert len(stack.store.models()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "expected a FOLDER for the model, --publish or --promote"),
        (("model", "--from-log", "--from-file", "FILE"), "expected --from-log or --from-file, got both"),
        (("model", "--user", "who"), "expected --from-file with a mapping or columns"),
        (("model", "--from-file", "FILE"), "columns.user: expected a column"),
        (("model", "--family", "oracle"), "family: expected one of popularity"),
        (("model", "--family", "covisitation", "--set", "neighbours"), "--set: expected KNOB=VALUE, got neighbours"),
        (("model", "--family", "covisitation", "--set", "neighbours=none"), "neighbours: expected a whole number"),
        (("model", "--set", "neighbours=5"), "expected --family with --set and --exclude, got none"),
        (("model", "--choose", "--family", "popularity"), "expected --family, or --choose"),
        (("model", "--family", "decayed_popularity"), "family: expected one of popularity"),
        (("model", "--family", "blend", "--set", "parts=3"), "parts: expected a list of"),
        (("model", "--family", "blend", "--set", "parts=[{family: covisitation}]"), "parts: expected a list of"),
        (("model", "--from-file", "FILE", "--until", "2026-11-01"), "expected --until with --from-log"),
        (("model", "--until", "tomorrow"), "expected a position"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    stack: Stack, history: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    """And nothing is written."""
    places = {"model": str(tmp_path / "model"), "FILE": str(history)}
    refused = ran(*(places.get(one, one) for one in arguments))
    assert refused.exit_code == 1
    assert told in refused.stderr
    assert not (tmp_path / "model").exists()


def test_a_log_without_events_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to learn from yet."""

    class Empty(Stack):
        def __init__(self) -> None:
            self.shop = Shop()
            self.store = MemoryModelStore(tmp_path / "store")

    monkeypatch.setattr(models_fit, "open_stack", lambda _: Empty())
    refused = ran(tmp_path / "model")
    assert refused.exit_code == 1
    assert "events: expected at least one event of a user who likes an item" in refused.stderr


def test_few_events_are_fitted_and_the_card_has_no_metrics(tmp_path: Path) -> None:
    """One moment cannot be split, which is said."""
    few = table(tmp_path / "few.csv", [{"who": "ann", "what": item, "when": 1_700_000_000} for item in "ab"])
    for family, told in (((), "models could not be compared"), (("--family", "covisitation"), "Not evaluated")):
        done = ran(tmp_path / "model", "--from-file", few, *COLUMNS, *family)
        assert done.exit_code == 0, done.output
        assert told in done.stderr
    assert read_card((tmp_path / "model" / "card.json").read_bytes()).metrics == {}


def test_a_choice_is_reported_and_kept_on_the_card(stack: Stack, tmp_path: Path) -> None:
    """In words, as JSON, and in short on the card; nothing is left of its state."""
    done = ran(tmp_path / "model", "--report", tmp_path / "report", "--json", "--units", 2)
    assert done.exit_code == 0, done.output
    answered = json.loads(done.stdout)
    told = json.loads((tmp_path / "report" / "choice.json").read_text())
    assert answered["choice"] == told
    assert told["version"] == answered["version"]
    assert told["units"] == 2
    assert {one["against"] for one in told["tested"]["comparisons"]} == {"popularity", "the default"}
    card = read_card((tmp_path / "model" / "card.json").read_bytes())
    assert card.choice is not None
    assert card.choice["trials"] == len(told["tried"])
    assert (tmp_path / "report" / "choice.md").read_text().startswith(f"# How {told['version']} was chosen\n")
    assert read_signature(tmp_path / "model").exclude_seen == told["excluded"]


@pytest.mark.parametrize("excluded", [None, *SeenItems])
def test_a_family_is_evaluated_with_what_its_model_excludes(
    stack: Stack, tmp_path: Path, excluded: SeenItems | None
) -> None:
    """By default a session's items, as in a request, and the model says nothing."""
    option = () if excluded is None else ("--exclude", excluded.value)
    done = ran(tmp_path / "model", "--family", "popularity", *option)
    assert done.exit_code == 0, done.output
    assert read_signature(tmp_path / "model").exclude_seen is excluded
    protocols = read_card((tmp_path / "model" / "card.json").read_bytes()).metrics
    assert protocols
    assert all(f"excluded: {(excluded or SeenItems.SESSION).value}," in name for name in protocols)


def test_the_serving_model_is_one_of_the_baselines(stack: Stack, tmp_path: Path) -> None:
    """By the recipe on its card, with what its slates exclude."""
    assert ran("--promote", "--family", "item_knn", "--set", "neighbours=7", "--exclude", "all").exit_code == 0
    done = ran(tmp_path / "model", "--json", "--units", 2)
    assert done.exit_code == 0, done.output
    choice = json.loads(done.stdout)["choice"]
    first = [one for one in choice["tried"] if one["stage"] == "baseline"]
    assert ("item_knn", 7, "all") in [(one["family"], one["knobs"].get("neighbours"), one["excluded"]) for one in first]
    assert "the serving model's recipe" in choice["tested"]["others"]


def test_an_interrupted_choice_goes_on(
    stack: Stack, tmp_path: Path, choices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same command, to the model of an uninterrupted one."""
    assert ran(tmp_path / "whole", "--units", 2).exit_code == 0
    put, left = Journal.put, [6]

    def interrupted(journal: Journal, key: str, outcome: Outcome) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        put(journal, key, outcome)

    monkeypatch.setattr(Journal, "put", interrupted)
    assert ran(tmp_path / "model", "--units", 2).exit_code == 130
    assert not (tmp_path / "model").exists()
    monkeypatch.setattr(Journal, "put", put)
    done = ran(tmp_path / "model", "--units", 2)
    assert done.exit_code == 0, done.output
    assert "Resuming: 5 trials are known" in done.stderr
    assert version_in(tmp_path / "model") == version_in(tmp_path / "whole")
    assert not list(choices.glob("*.jsonl"))


def test_a_catalogue_without_any_of_the_items_is_refused(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could be shown; that only a part is published is said."""
    monkeypatch.setattr(models_choose, "published_items", lambda _: {item_key("something else")})
    refused = ran(tmp_path / "model")
    assert refused.exit_code == 1
    assert "1 published items, got 20 other items" in refused.stderr
    monkeypatch.setattr(models_choose, "published_items", lambda _: {item_key("item-1")})
    done = ran(tmp_path / "model", "--units", 1)
    assert done.exit_code == 0, done.output
    assert "456 of 480 events are about items that are not published" in done.stderr
