"""One event × rules → signals: the fast engine and the slow reference beside it; pure."""
