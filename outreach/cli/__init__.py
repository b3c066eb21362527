"""The command `outreach`: one file a noun. Doors that start things and decide nothing."""
