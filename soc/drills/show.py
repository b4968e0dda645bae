"""The demo: an authored incident played through the whole system, with an analyst who answers it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from soc.drills.analyst import Analyst
from soc.drills.player import play
from soc.drills.scenario import Inject, Scenario
from soc.drills.score import Detection, score
from soc.drills.stage import ZONE, Site, Source, Stage
from soc.kernel.clock import Clock

SITES = (
    Site("so-y-te", "Sở Y tế", "mail-gateway", (Source("mail", "tail", "syslog"),)),
    Site("phuong-dong-hai", "UBND phường Đông Hải", "portal", (Source("access", "tail", "access"),)),
    Site("benh-vien-tinh", "Bệnh viện Đa khoa tỉnh", "server", (Source("sshd", "syslog_tcp", "syslog"),)),
)
PATIENCE = timedelta(seconds=90)
EVERY = timedelta(milliseconds=300)

Say = Callable[[str], None]


class Outcome(msgspec.Struct, frozen=True):
    """The demo's last line."""

    events_sent: int
    events_stored: int
    signals: int
    alerts: int
    playbook_runs: int
    reports_receipted: int
    seconds: float

    @property
    def good(self) -> bool:
        """Return whether everything sent was stored and nothing stayed away."""
        counts = (self.events_stored, self.signals, self.alerts, self.playbook_runs, self.reports_receipted)
        return all(counts) and self.events_sent == self.events_stored


@dataclass(slots=True)
class Show:
    """One performance."""

    stage: Stage
    scenario: Scenario
    clock: Clock
    say: Say
    _began_ms: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Alert id → (rule id, first seen at)."""
    _approved: set[str] = field(default_factory=set)

    async def perform(self) -> tuple[Outcome, list[Detection]]:
        """Play the scenario while the analyst works; return when all is answered or patience ends."""
        began = self.clock.monotonic()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            analyst = Analyst(session, self.stage.console_url)
            await analyst.sign_in(await self.stage.sign_in_token("an", "lead"))
            async with asyncio.TaskGroup() as group:
                playing = group.create_task(self._play(), name="player")
                working = group.create_task(self._work(analyst, playing), name="analyst")
            counts = working.result()
        seconds = self.clock.monotonic() - began
        outcome = Outcome(
            events_sent=playing.result(),
            events_stored=counts["events_stored"],
            signals=counts["signals"],
            alerts=counts["alerts"],
            playbook_runs=counts["playbook_runs"],
            reports_receipted=counts["reports_receipted"],
            seconds=round(seconds, 1),
        )
        return outcome, score(self.scenario, self._began_ms, self._seen.values())

    async def _play(self) -> int:
        return await play(
            self.scenario,
            senders=self.stage.senders,
            warn=self.stage.warn,
            clock=self.clock,
            zone=ZONE,
            told=self._told,
        )

    def _told(self, inject: Inject) -> None:
        self._began_ms[inject.id] = self.clock.now_ms()
        self.say(f"inject    {inject.id}")

    async def _work(self, analyst: Analyst, playing: asyncio.Task[int]) -> dict[str, int]:
        deadline = self.clock.monotonic() + PATIENCE.total_seconds()
        while True:
            await self._look(analyst)
            counts: dict[str, int] = (await analyst.get("overview"))["counts"]
            late = self.clock.monotonic() > deadline
            if late or (playing.done() and self._complete(counts, playing.result())):
                return counts
            await self.clock.sleep(EVERY)

    def _complete(self, counts: dict[str, int], sent: int) -> bool:
        expected = {e.rule for inject in self.scenario.injects for e in inject.expect}
        raised = {rule for rule, _ in self._seen.values()}
        return counts["events_stored"] >= sent and counts["reports_receipted"] > 0 and expected <= raised

    async def _look(self, analyst: Analyst) -> None:
        for alert in (await analyst.get("alerts"))["alerts"]:
            if alert["id"] not in self._seen:
                self._seen[alert["id"]] = (alert["rule_id"], self.clock.now_ms())
                self.say(f"alert     {alert['level']:<9} {alert['title']}  [{_group(alert)}]")
                await analyst.act(f"alerts/{alert['id']}/acknowledge", {})
                self.say(f"analyst   acknowledged {alert['title']}")
        for asked in (await analyst.get("approvals"))["approvals"]:
            key = f"{asked['run_id']}/{asked['step_id']}"
            if key not in self._approved:
                self._approved.add(key)
                self.say(f"playbook  asks for approval: {asked['title']}")
                path = f"runs/{asked['run_id']}/steps/{asked['step_id']}/approve"
                await analyst.act(path, {"digest": asked["digest"]})
                self.say("analyst   approved")


def _group(alert: dict[str, Any]) -> str:
    agency = alert["agency"] or "province"
    return ", ".join([agency, *(f"{name}={value}" for name, value in alert["group"])])


def house_content() -> Path:
    """Return the folder that holds ``rules`` and ``playbooks``."""
    return Path(__file__).resolve().parents[2]
