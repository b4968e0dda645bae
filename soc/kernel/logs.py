"""Structured logs of the program itself: set-up, and the one list of what it may say."""

import logging
import sys
from enum import StrEnum
from typing import TextIO

import structlog


class Said(StrEnum):
    """Every log event of the program; a message outside this list is a defect."""

    STARTED = "started"
    STOPPING = "stopping"
    STOPPED = "stopped"
    STAGE_RESTARTS = "stage_restarts"
    STAGE_FAILED = "stage_failed"
    BATCH_STORED = "batch_stored"
    BATCH_REFUSED = "batch_refused"
    RECORDS_QUARANTINED = "records_quarantined"
    SPOOL_REPAIRED = "spool_repaired"
    SPOOL_QUARANTINED = "spool_quarantined"
    SPOOL_FULL = "spool_full"
    SPOOL_FAILED = "spool_failed"
    SPOOL_ROOM = "spool_has_room"
    SET_ASIDE = "record_set_aside"
    SHED = "records_shed"
    SHIP_RETRY = "ship_retry"
    SHIPPED = "shipped"
    SOURCE_STATE = "source_state"
    RULES_LOADED = "rules_loaded"
    RULE_REJECTED = "rule_rejected"
    RULES_REFUSED = "rules_refused"
    RULE_CACHE = "rule_cache"
    EPISODE = "episode"
    ALERT = "alert"
    RUN = "run"
    REPORT = "report"
    LEADER = "leader"
    INDEX_REBUILT = "index_rebuilt"
    COLLECTOR_HEALTH = "collector_health"
    ENROLLED = "enrolled"
    RENEWED = "certificate_renewed"
    CLONE = "collector_cloned"
    CONFIGURATION = "configuration"
    METRICS = "metrics"
    DOOR = "door"
    AUTH_FAILED = "auth_failed"
    LIMITED = "limited"
    REPLAYED = "quarantine_replayed"
    REQUEST = "request"


class Log:
    """A structlog logger that only takes events of the catalogue."""

    def __init__(self, logger: structlog.typing.FilteringBoundLogger) -> None:
        """Wrap *logger*."""
        self._logger = logger

    def info(self, event: Said, **fields: object) -> None:
        """Say that *event* happened."""
        self._logger.info(event.value, **fields)

    def warning(self, event: Said, **fields: object) -> None:
        """Say that *event* happened and that somebody should look."""
        self._logger.warning(event.value, **fields)

    def bind(self, **fields: object) -> "Log":
        """Return a logger that adds *fields* to each line."""
        return Log(self._logger.bind(**fields))


def open_log(stream: TextIO | None = None, *, level: int = logging.INFO) -> Log:
    """Return a logger that writes JSON lines to *stream* (stderr unless told)."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return Log(logger)
