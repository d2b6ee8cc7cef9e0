"""The algorithm designer: starting strategies, the search, the brief, and blindness."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from research_house import some_facts

from mintmark.domain import Refused
from mintmark.research.brief import read_brief
from mintmark.research.design import MOST_MUTATIONS, Design, DesignRequest, Recollection, content_key, design
from mintmark.research.memory import Experience, Hypothesis
from mintmark.research.reading import encode
from mintmark.research.space import Ground, choose, spell
from mintmark.research.starters import starting_strategies
from mintmark.strategy import PackFacts, check_spec, read_spec

STARTERS = starting_strategies()


def the_sample(**others):
    held = {"NASDAQ": some_facts("1d", 5031, volume_known=True), "SP500": some_facts("1d", 5031, volume_known=True)}
    return PackFacts("PP_2018-12-31_SAMPLE_v1", {**held, **others})


def designs(count, facts=None, brief="", state=7, symbols=(), objectives=None):
    """Design ``count`` times, remembering each; return designs and experiences."""
    made: list[Design] = []
    past: list[Experience] = []
    facts = facts or the_sample()
    for number in range(count):
        memory = Recollection(past, (), frozenset(), frozenset(found.name for found in made))
        made.append(design(DesignRequest(state, brief, symbols), facts, memory, STARTERS))
        spec = read_spec(made[-1].text).require()
        worth = (number % 5) / 5 if objectives is None else objectives[number]
        universe = tuple(spec.universe.symbols), str(spec.universe.timeframe)
        past.append(Experience(f"op_{number:03d}", *universe, made[-1].key, spec.model_dump(mode="json"), worth))
    return made, past


def test_the_first_eight_designs_are_the_starting_strategies_byte_for_byte():
    made, _ = designs(8)

    assert [found.name for found in made] == [f"starting_{number}" for number in range(1, 9)]
    assert [found.text for found in made] == [starter.text for starter in STARTERS]


def test_the_ninth_is_searched_valid_and_new():
    made, past = designs(12)

    for found in made[8:]:
        assert read_spec(found.text, the_sample()).errors == ()
        assert found.parents
    assert len({found.key for found in made}) == 12
    assert made[8].name.endswith("_0001")
    assert set(made[8].parents) <= {experience.operation_id for experience in past}


def test_the_same_memory_pack_brief_and_state_give_the_same_bytes():
    first, _ = designs(11)
    second, _ = designs(11)

    assert [found.text for found in first] == [found.text for found in second]


def test_another_random_state_searches_elsewhere():
    assert designs(10)[0][-1].text != designs(10, state=8)[0][-1].text


def test_the_search_learns_from_what_it_remembers():
    """In a tiny world where only triple barriers pay, most of what is proposed becomes triple barriers."""
    facts, made, past = the_sample(), [], []
    for number in range(28):
        memory = Recollection(past, (), frozenset(), frozenset(found.name for found in made))
        made.append(design(DesignRequest(7, symbols=("NASDAQ",), timeframe="1d"), facts, memory, STARTERS))
        spec = read_spec(made[-1].text).require()
        worth = 1.0 if spec.labels.kind == "triple_barrier" else -1.0
        past.append(
            Experience(f"op_{number:03d}", ("NASDAQ",), "1d", made[-1].key, spec.model_dump(mode="json"), worth)
        )

    kinds = [read_spec(found.text).require().labels.kind for found in made[14:]]
    assert kinds.count("triple_barrier") >= 9


def test_a_starting_strategy_tried_by_name_is_not_designed_again():
    key = content_key(read_spec(STARTERS[0].text).require())

    found = design(DesignRequest(7), the_sample(), Recollection(keys=frozenset({key})), STARTERS)

    assert found.name == "starting_2"


def test_for_another_universe_the_starting_strategy_is_copied_under_a_name_of_its_own():
    facts = PackFacts("PP", {"EURUSD": some_facts("1h")})

    found = design(DesignRequest(7), facts, Recollection(), STARTERS)

    spec = yaml.safe_load(found.text)
    assert spec["universe"]["symbols"] == ["EURUSD"]
    assert spec["universe"]["timeframe"] == "1h"
    assert found.name == "trend_rsi_0001"
    assert read_spec(found.text, facts).errors == ()


def test_a_starting_strategy_with_a_context_fits_another_timeframe():
    facts = PackFacts("PP", {"EURUSD": some_facts("1h", 50_000)})
    made, _ = designs(8, facts=facts)

    assert len({found.key for found in made}) == 8
    assert all(read_spec(found.text, facts).errors == () for found in made)
    assert {yaml.safe_load(found.text)["universe"]["timeframe"] for found in made} == {"1h"}


def test_without_a_usual_symbol_the_first_tradable_series_is_taken():
    facts = PackFacts("PP", {"AAA": some_facts("1d", tradable=False), "BBB": some_facts("1d"), "CCC": some_facts("1d")})

    found = design(DesignRequest(7), facts, Recollection(), STARTERS)

    assert yaml.safe_load(found.text)["universe"]["symbols"] == ["BBB"]


def test_a_pack_without_tradable_series_is_refused():
    with pytest.raises(Refused) as refused:
        design(DesignRequest(7), PackFacts("PP", {}), Recollection(), STARTERS)

    assert refused.value.code == "no_pack"


def test_a_search_that_finds_nothing_new_is_exhausted(monkeypatch):
    tried = {"n": 0}

    def always_the_same(_spec):
        tried["n"] += 1
        return "same"

    monkeypatch.setattr("mintmark.research.design.content_key", always_the_same)

    with pytest.raises(Refused) as refused:
        design(DesignRequest(7), the_sample(), Recollection(keys=frozenset({"same"})), STARTERS)

    assert refused.value.code == "search_exhausted"
    assert tried["n"] <= len(STARTERS) + MOST_MUTATIONS + 1


def test_a_brief_fixes_what_its_words_name_and_gives_the_others_back():
    made, _ = designs(5, brief="Please, try a macd triple barrier with mlp on SP500!")

    for found in made:
        spec = yaml.safe_load(found.text)
        assert spec["universe"]["symbols"] == ["SP500"]
        assert spec["labels"]["kind"] == "triple_barrier"
        assert spec["model"]["kind"] == "mlp"
        assert "macd" in {indicator["type"] for indicator in spec["indicators"].values()}
        assert set(found.used) == {"macd", "triple_barrier", "mlp", "SP500"}
        assert found.ignored == ("Please", "try", "a", "with", "on")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("rsi on 1h", {"indicators": ("rsi",), "timeframe": "1h", "ignored": ("on",)}),
        ("forward return regression", {"label": "forward_return", "output": "regression", "ignored": ()}),
        ("gbdt or mlp", {"model": "gbdt", "ignored": ("or", "mlp")}),
        ("BTC/USD, eth/usd.", {"symbols": ("BTC/USD", "ETH/USD"), "ignored": ()}),
        ("rsi macd adx", {"indicators": ("rsi", "macd"), "ignored": ("adx",)}),
        ("", {"used": (), "ignored": ()}),
    ],
)
def test_the_words_of_a_brief(text, expected):
    found = read_brief(text, ["BTC/USD", "ETH/USD"])

    assert {name: getattr(found, name) for name in expected} == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_set_of_choices_spells_a_strategy_the_validator_accepts(data):
    volume, shortable = data.draw(st.booleans()), data.draw(st.booleans())
    timeframe = data.draw(st.sampled_from(["5m", "1h", "1d", "1w"]))
    ground = Ground(("NASDAQ",), timeframe, volume, shortable, {})
    facts = PackFacts("PP", {"NASDAQ": some_facts(timeframe, 50_000, volume_known=volume, shortable=shortable)})

    chosen = choose(ground, lambda axis: data.draw(st.sampled_from(axis.values), label=axis.name))

    validation = check_spec(spell(ground, chosen, "trend_rsi_0001", ""), facts)
    assert validation.errors == ()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_strategy_reads_back_onto_the_grid_it_came_from(data):
    ground = Ground(("NASDAQ",), "1d", False, True, {})
    chosen = choose(ground, lambda axis: data.draw(st.sampled_from(axis.values), label=axis.name))
    spec = check_spec(spell(ground, chosen, "trend_rsi_0001", "")).require()

    found = encode(spec.model_dump(mode="json"), ground)

    exact = {"label", "model", "main", "threshold", "horizon", "rounds", "c", "enter_at", "stop_loss", "context"}
    assert {name: found.get(name) for name in exact & chosen.keys()} == {
        name: chosen[name] for name in exact & chosen.keys()
    }


def test_every_starting_strategy_teaches_the_search():
    ground = Ground(("NASDAQ",), "1d", True, True, {})

    for starter in STARTERS:
        found = encode(read_spec(starter.text).require().model_dump(mode="json"), ground)
        assert {"label", "model", "main", "prices", "fraction"} <= found.keys()


def test_a_design_names_the_hypothesis_it_tests():
    _, past = designs(8)
    claims = [Hypothesis("H_001", "x", "op_000", {"labels.kind": kind}) for kind in ("zigzag",)]
    claims += [
        Hypothesis(f"H_{n:03d}", "x", "op_000", {"labels.kind": k})
        for n, k in ((2, "forward_return"), (3, "triple_barrier"))
    ]

    found = design(DesignRequest(7), the_sample(), Recollection(past, claims), STARTERS)

    kind = yaml.safe_load(found.text)["labels"]["kind"]
    expected = {"zigzag": "H_001", "forward_return": "H_002", "triple_barrier": "H_003"}[kind]
    assert found.hypothesis == expected
