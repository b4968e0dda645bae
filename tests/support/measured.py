"""Measured: a bench's figures beside the commit, the machine and the date they were seen on."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "bench" / "results"


def save_result(name: str, figures: Mapping[str, Any]) -> None:
    """Write *figures* to ``tests/bench/results/NAME.json`` and print them."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=RESULTS
    ).stdout.strip()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    told = {
        "commit": commit,
        "machine": machine,
        "date": datetime.now(UTC).date().isoformat(),
        **figures,
    }
    text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text)
    print(text)
