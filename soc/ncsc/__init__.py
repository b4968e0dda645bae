"""The edge towards the national centre: reports out, receipts and warnings in."""
