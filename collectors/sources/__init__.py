"""Sources: where records come from; files that grow, syslog over UDP and TCP."""
