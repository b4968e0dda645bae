"""The edge towards collectors: enrolment, batches, heartbeats."""
