"""A log line is one JSON object of the catalogue."""

import io
import json

from soc.kernel.logs import Said, open_log


def test_a_line_names_its_event_level_and_fields() -> None:
    stream = io.StringIO()
    open_log(stream).bind(role="gateway").warning(Said.STAGE_RESTARTS, stage="correlate")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["role"], line["stage"]) == (
        "stage_restarts",
        "warning",
        "gateway",
        "correlate",
    )
