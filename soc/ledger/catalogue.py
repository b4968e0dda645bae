"""Every type of fact, its newest version and the ways up from older ones.

A type is added here before anything decides it. Payload members are named beside the type; times
end in ``_ms``. Old versions stay readable for ever: ``tests/golden/facts`` holds one of each.
"""

from collections.abc import Mapping
from typing import Final

from soc.ledger.fact import Payload, Upcaster

NEWEST: Final[Mapping[str, int]] = {
    # who runs
    "LeaderElected": 1,  # role, term, holder
    "ConfigActivated": 1,  # hash
    "GatewayStarted": 1,  # stream
    # who may ship
    "EnrolTokenIssued": 1,  # token_hash, agency, collector, exercise, expires_ms
    "CollectorEnrolled": 2,  # token_hash, agency, collector, exercise, serial, key (SHA-256, "" of old)
    "CredentialRenewed": 1,  # serial, old_serial, agency, collector, exercise
    "CredentialIssued": 1,  # serial, agency, collector, exercise, until_ms
    "CredentialRevoked": 1,  # serial, why
    "ApiKeyIssued": 1,  # key_id, key_hash, agency, collector, exercise, expires_ms
    "ApiKeyRevoked": 1,  # key_id, why
    # what collectors are told
    "ConfigurationIssued": 1,  # agency, collector, exercise, number, body, signature (base64), hash
    "ResendAsked": 1,  # agency, collector, exercise, spool, from_seq
    # what was seen
    "QuarantineReplayed": 1,  # from_day, to_day, replayed, still (not readable even now)
    "EpisodeRaised": 1,  # episode (model.episode.Episode as builtins)
    "EpisodeRevised": 1,  # episode, why
    "EpisodeRetracted": 1,  # episode_id, why, superseded_by
    # what is asked of people, and what they did
    "AlertRaised": 1,  # alert_id, episode_id, rule_id, rule_version, title, level, agency, group, first_at_ms
    "AlertRetracted": 1,  # alert_id, why
    "AlertMoved": 1,  # alert_id, successor
    "AlertAcknowledged": 1,  # alert_id
    "AlertAssigned": 1,  # alert_id, assignee
    "AlertStarted": 1,  # alert_id
    "AlertContained": 1,  # alert_id
    "AlertCommented": 1,  # alert_id, comment_id, text
    "AlertClosed": 1,  # alert_id, reason, text
    "AlertReopened": 1,  # alert_id, text
    "CaseOpened": 1,  # case_id, alert_ids, title, detected_at_ms
    # what playbooks did
    "RunStarted": 1,  # run_id, playbook_id, playbook_version, alert_id, deadline_ms, variables
    "StepStarted": 1,  # run_id, step_id, attempt, key, command, digest, deadline_ms
    "StepDone": 1,  # run_id, step_id, attempt, variables
    "StepFailed": 1,  # run_id, step_id, attempt, error, retry_at_ms (None: given up)
    "ApprovalAsked": 1,  # run_id, step_id, command, digest, roles, deadline_ms
    "ApprovalGiven": 1,  # run_id, step_id, digest
    "ApprovalRefused": 1,  # run_id, step_id, text
    "ApprovalExpired": 1,  # run_id, step_id
    "RunEnded": 1,  # run_id, outcome (succeeded | failed | refused), text
    # the national centre
    "ReportQueued": 1,  # report_id, kind, incident_id, alert_id, run_id, step_id, body (JSON text), sha256
    "ReportReceipted": 1,  # report_id, receipt_id, received_at, sha256
    "ReportRefused": 1,  # report_id, why
    "ReportStateSeen": 1,  # report_id, state, case_no
    "WarningReceived": 1,  # message_id, kind, sent_at, due_at, body (JSON text)
    # the ledger itself
    "Redacted": 1,  # n, part, why
}


def _without_key(payload: Payload) -> Payload:
    return {**payload, "key": ""}


UPCASTERS: Final[Mapping[tuple[str, int], Upcaster]] = {
    ("CollectorEnrolled", 1): _without_key,
}
