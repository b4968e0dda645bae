"""The ledger, pure: facts with versions, entries in a hash chain, folds and snapshots."""
