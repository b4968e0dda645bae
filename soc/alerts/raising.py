"""Episodes become alerts: what is written when one is raised, revised or retracted.

Members and counters are not worth a fact each. A revision is written at once when an episode speaks for
a new layer or agency, was joined or split, lost members or has doubled (so at most about twenty times in
its life); when only its first or last time moved, at most once a minute.
"""

import msgspec

from soc.alerts.saying import About, Speaker, alert_id, said
from soc.alerts.state import Alerts
from soc.ledger.fact import Fact
from soc.model.episode import Episode
from soc.rulebook.plan import Heading

REVISE_EVERY_MS = 60_000


def raised(
    episode: Episode, heading: Heading, by: Speaker, *, silent: bool, times: int = 0
) -> tuple[Fact, ...]:
    """Return that *episode* stands and, unless its rule is *silent*, that it is an alert.

    *times* is how often it was retracted before (``Alerts.withdrawn``): standing again is news.
    """
    about = About(episode.key.agency, episode.key.exercise)
    stands = said(
        "EpisodeRaised",
        (episode.id, str(times)),
        {"episode": msgspec.to_builtins(episode)},
        about,
        by,
    )
    if silent:
        return (stands,)
    asked = said(
        "AlertRaised",
        (alert_id(episode.id), str(times)),
        {
            "alert_id": alert_id(episode.id),
            "episode_id": episode.id,
            "rule_id": episode.key.rule_id,
            "rule_version": episode.rule_version,
            "title": heading.title,
            "level": heading.level.value,
            "agency": episode.key.agency,
            "group": [list(pair) for pair in episode.key.group],
            "first_at_ms": episode.first_at_ms,
        },
        about,
        by,
    )
    return stands, asked


def revised(
    state: Alerts, episode: Episode, why: str, by: Speaker, *, at_once: bool = False
) -> tuple[Fact, ...]:
    """Return the revision of *episode*, or nothing if it is not worth a fact now.

    *at_once*: what happened matters whatever the numbers say (joined, split).
    """
    written = state.episodes.get(episode.id)
    if written is None:
        return ()
    if not at_once and not _worth(written, episode, by.now_ms - state.written_ms[episode.id]):
        return ()
    parts = (episode.id, str(state.withdrawn.get(episode.id, 0)), str(episode.revision), str(by.now_ms))
    payload = {"episode": msgspec.to_builtins(episode), "why": why}
    about = About(episode.key.agency, episode.key.exercise)
    return (said("EpisodeRevised", parts, payload, about, by),)


def retracted(
    state: Alerts, episode_id: str, why: str, superseded_by: str | None, by: Speaker
) -> tuple[Fact, ...]:
    """Return that *episode_id* no longer stands, and where its alert, if it had one, went."""
    episode = state.episodes.get(episode_id)
    if episode is None:
        return ()
    times = str(state.withdrawn.get(episode_id, 0))
    about = About(episode.key.agency, episode.key.exercise)
    payload = {"episode_id": episode_id, "why": why, "superseded_by": superseded_by}
    gone = said("EpisodeRetracted", (episode_id, times), payload, about, by)
    alert = alert_id(episode_id)
    if alert not in state.alerts:
        return (gone,)
    if superseded_by is None:
        return gone, said("AlertRetracted", (alert, times), {"alert_id": alert, "why": why}, about, by)
    moved = {"alert_id": alert, "successor": alert_id(superseded_by)}
    return gone, said("AlertMoved", (alert, times), moved, about, by)


def _worth(written: Episode, now: Episode, since_ms: int) -> bool:
    if (written.layers, written.agencies) != (now.layers, now.agencies):
        return True
    if now.count < written.count or now.count >= 2 * written.count:
        return True
    moved = (written.first_at_ms, written.last_at_ms) != (now.first_at_ms, now.last_at_ms)
    return moved and since_ms >= REVISE_EVERY_MS
