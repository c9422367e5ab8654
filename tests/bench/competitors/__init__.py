"""The competitors: each module returns columns of the table, none where what it needs is not installed."""
