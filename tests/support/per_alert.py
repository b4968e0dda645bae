"""PerAlert: a fold with a state per alert, of the size that a busy centre's would have."""

import msgspec

from soc.ledger.fact import Fact


class Line(msgspec.Struct):
    """What stands about one alert."""

    comments: int
    last_text: str
    last_at_ms: int


class PerAlert:
    """The newest comment of each alert."""

    name = "per_alert"
    version = 1

    def initial(self) -> dict[str, Line]:
        return {}

    def apply(self, state: dict[str, Line], fact: Fact) -> dict[str, Line]:
        if fact.payload is not None and fact.type == "AlertCommented":
            alert = fact.payload["alert_id"]
            comments = state[alert].comments + 1 if alert in state else 1
            state[alert] = Line(comments, fact.payload["text"], fact.at_ms)
        return state

    def dump(self, state: dict[str, Line]) -> bytes:
        return msgspec.msgpack.encode(state)

    def load(self, data: bytes) -> dict[str, Line]:
        return msgspec.msgpack.decode(data, type=dict[str, Line])
