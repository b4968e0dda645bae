"""Episodes → alerts and what people do with them; pure."""
