"""``soc demo``: the whole system on this machine plays an authored incident."""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from soc.drills.scenario import load_scenario
from soc.drills.show import SITES, Outcome, Show, house_content
from soc.drills.stage import Stage, set_stage
from soc.kernel.clock import SystemClock
from soc.kernel.errors import SocError


@click.command()
@click.option("--once", is_flag=True, help="End by itself; the last line is one JSON object.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep everything in this new folder.")
def demo(folder: Path | None, *, once: bool) -> None:
    """Play an incident: three collectors, the centre, the national stub, one analyst.

    \b
    soc demo            stays up afterwards; open the printed address
    soc demo --once     exits 0 if everything sent was stored, detected, reported and receipted
    """  # noqa: D301 - click reads \b
    try:
        sys.exit(0 if _performed(folder, once=once) else 1)
    except* SocError as group:
        raise click.ClickException("\n".join(str(error) for error in group.exceptions)) from group


def _performed(folder: Path | None, *, once: bool) -> bool:
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="soc-demo-") as temporary:
            return asyncio.run(_demo(Path(temporary), once=once))
    if folder.exists():
        raise click.ClickException(f"{folder} exists; give a new folder")
    folder.mkdir(parents=True)
    return asyncio.run(_demo(folder.resolve(), once=once))


async def _demo(folder: Path, *, once: bool) -> bool:
    clock = SystemClock()
    began = clock.monotonic()

    def say(text: str) -> None:
        click.echo(f"{clock.monotonic() - began:6.1f} s  {text}")

    say("starting  national stub, centre, three collectors")
    scenario = load_scenario(house_content() / "deploy" / "examples" / "scenarios" / "demo.yaml")
    async with set_stage(folder, SITES, house_content()) as stage:
        token = await stage.sign_in_token("you", "lead")
        say(f"console   {stage.console_url}/sign-in/once#{token}")
        outcome, detections = await Show(stage, scenario, clock, say).perform()
        for detection in detections:
            delay = "missed" if detection.delay_s is None else f"{detection.delay_s:.1f} s"
            say(f"detected  {detection.inject}: {delay}")
        if not once:
            await _linger(stage)
        good = outcome.good and all(detection.met for detection in detections)
        _last_line(outcome)
    return good


async def _linger(stage: Stage) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    token = await stage.sign_in_token("you", "lead")
    click.echo(f"\nEverything stays up. Open {stage.console_url}/sign-in/once#{token}\nCtrl-C ends it.")
    await stop.wait()


def _last_line(outcome: Outcome) -> None:
    click.echo(msgspec.json.encode(outcome))
