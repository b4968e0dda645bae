"""The episodes that stand never depend on the order, repetition or batches in which signals came."""

from decimal import Decimal
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from support.correlating import HOUR, MINUTE, T0, Until, a_plan, a_signal, follow, shapes

from soc.correlation import oracle
from soc.correlation.engine import Engine
from soc.correlation.watermark import FOREVER
from soc.model.episode import Episode
from soc.model.signal import Signal
from soc.rulebook.expressions import All, Any_, Name, Negated
from soc.rulebook.plan import Custom

A, B, C = Name("a"), Name("b"), Name("c")
PROVINCE = Custom(scope="province")
PLANS = (
    a_plan("a", "event_count", ["a"], gte=1, implicit=True, group_by=(), implicit_entities=("host", "ip")),
    a_plan("count", "event_count", ["a", "b"], gte=3),
    a_plan("users", "value_count", ["a"], fields=("user",), gt=1),
    a_plan("pairs", "value_count", ["a", "b"], fields=("user", "n"), gte=3),
    a_plan("sum", "value_sum", ["a"], fields=("n",), gte=Decimal("2.5")),
    a_plan("avg", "value_avg", ["a", "b"], fields=("n",), gt=1),
    a_plan("median", "value_median", ["a"], fields=("n",), gte=1),
    a_plan("p80", "value_percentile", ["a"], fields=("n",), gte=2, percentile=Decimal(80)),
    a_plan("both", "temporal", ["a", "b"]),
    a_plan("two", "temporal", ["a", "b", "c"], gte=2),
    a_plan("either", "temporal", ["a", "b", "c"], expression=All((A, Any_((B, C))))),
    a_plan("ordered", "temporal_ordered", ["a", "b", "a"]),
    a_plan("denied", "temporal", ["a", "b", "c"], expression=All((A, Negated(Any_((B, Negated(C))))))),
    a_plan("few", "event_count", ["a"], lt=3),
    a_plan("none", "value_count", ["a", "b"], fields=("user",), eq=0, custom=Custom(zone="Asia/Kolkata")),
    a_plan("one", "temporal", ["a", "b"], lte=1, group_by=()),
    a_plan("campaign", "value_count", ["a", "b"], fields=("soc.agency",), gte=2, custom=PROVINCE),
    a_plan("middle", "temporal_ordered", ["avg", "count"], timespan_ms=20_000),
    a_plan("quiet", "temporal", ["avg", "few"], expression=All((Name("avg"), Negated(Name("few"))))),
    a_plan("top", "event_count", ["middle", "quiet", "c"], gte=2, timespan_ms=30_000),
    a_plan("wide", "value_count", ["top", "avg"], fields=("soc.agency",), gte=1, custom=PROVINCE),
)


class Story(NamedTuple):
    """Signals as they come: batches, each settled at a watermark."""

    signals: list[Signal]
    batches: list[tuple[list[Signal], float]]


values = st.sampled_from([0, 1, 2, "0.5", " 3 ", "1e0", "many", None])
fields = st.fixed_dictionaries(
    {"ip": st.sampled_from(["x", "X", "y", ["x", "y"], None])},
    optional={"n": values, "user": st.sampled_from(["u", "v", "", ["u", "w"]])},
)


@st.composite
def events(draw: st.DrawFn, number: int) -> list[Signal]:
    """One event with the rules it hits."""
    second = draw(st.one_of(st.integers(0, 50), st.integers(0, 50), st.integers(0, 300))) + draw(
        st.sampled_from([0, 0, 0.001, 0.999])
    )
    found = draw(fields)
    agency = draw(st.sampled_from(["so-yte", "so-yte", "so-xd"]))
    exercise = draw(st.sampled_from([None, None, None, "drill"]))
    return [
        a_signal(rule, f"e{number}", second, fields=found, agency=agency, exercise=exercise)
        for rule in draw(st.sampled_from(["a", "a", "b", "c", "ab", "abc"]))
    ]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Up to 14 events; any order, some twice, cut anywhere."""
    signals = [s for n in range(draw(st.integers(0, 14))) for s in draw(events(n))]
    again = draw(st.lists(st.sampled_from(signals), max_size=4)) if signals else []
    coming = draw(st.permutations([*signals, *again]))
    batches = []
    while coming:
        size = draw(st.integers(1, len(coming)))
        batches.append((coming[:size], draw(st.sampled_from([-HOUR, 0.0, 15.0, 30.0, 90.0]))))
        coming = coming[size:]
    return Story(signals, batches)


def lived(story: Story) -> dict[str, Episode]:
    """Return what stands when *story* was told batch by batch."""
    engine = Engine(PLANS, zone="UTC")
    standing: dict[str, Episode] = {}
    for batch, mark in story.batches:
        engine.add(batch)
        follow(standing, engine.settle(Until(mark)))
    return follow(standing, engine.settle(FOREVER))


@given(stories())
def test_any_order_gives_the_episodes_of_all_at_once(story: Story) -> None:
    at_once = Engine(PLANS, zone="UTC")
    at_once.add(sorted(story.signals, key=lambda signal: signal.at_ms))
    assert shapes(lived(story)) == shapes(follow({}, at_once.settle(FOREVER)))


@given(stories())
def test_a_restart_anywhere_changes_nothing_and_says_nothing(story: Story) -> None:
    standing = lived(story)
    engine = Engine(PLANS, zone="UTC")
    engine.adopt(standing.values())
    engine.add(story.signals)
    assert engine.settle(FOREVER) == []


@given(stories())
def test_a_restart_in_the_middle_leads_to_the_same_end(story: Story) -> None:
    half = len(story.batches) // 2
    before = Engine(PLANS, zone="UTC")
    standing: dict[str, Episode] = {}
    for batch, mark in story.batches[:half]:
        before.add(batch)
        follow(standing, before.settle(Until(mark)))
    after = Engine(PLANS, zone="UTC")
    after.adopt(list(standing.values()))
    after.add(signal for batch, _ in story.batches[:half] for signal in batch)
    assert after.settle(Until(-HOUR)) == []
    for batch, mark in story.batches[half:]:
        after.add(batch)
        follow(standing, after.settle(Until(mark)))
    assert shapes(follow(standing, after.settle(FOREVER))) == shapes(lived(story))


@given(stories(), st.integers(1, 5))
def test_forgetting_what_is_old_changes_nothing(story: Story, size: int) -> None:
    """Signals come in order of time; what lies a minute back is forgotten."""
    coming = sorted(story.signals, key=lambda signal: signal.at_ms)
    engine = Engine(PLANS, zone="UTC")
    standing: dict[str, Episode] = {}
    for start in range(0, len(coming), size):
        engine.add(coming[start : start + size])
        now_ms = coming[start].at_ms
        follow(standing, engine.settle(Until((now_ms - T0) / 1000)))
        engine.expire(now_ms - MINUTE)
    assert shapes(follow(standing, engine.settle(FOREVER))) == shapes(lived(story))


@given(stories())
def test_the_engine_ends_with_the_episodes_of_the_oracle(story: Story) -> None:
    standing = lived(story)
    expected = oracle.episodes(PLANS, story.signals, zone="UTC")
    assert sorted(map(told, expected)) == sorted(
        of_engine(episode, standing) for episode in standing.values()
    )


Told = tuple[str, int, int, int, int, tuple[str, ...]]


def told(stand: oracle.Stand) -> Told:
    members = tuple(sorted(member.id for member in stand.members))
    return f"{stand.key}", stand.first_at_ms, stand.last_at_ms, stand.fires_at_ms, stand.count, members


def of_engine(episode: Episode, standing: dict[str, Episode]) -> Told:
    """Return *episode* as the oracle tells it, which names child episodes by key and begin."""
    names = {id_: f"{child.key} {child.first_at_ms}" for id_, child in standing.items()}
    members = tuple(sorted(names.get(member.id, member.id) for member in episode.members))
    times = episode.first_at_ms, episode.last_at_ms, episode.fires_at_ms
    return f"{episode.key}", *times, episode.count, members
