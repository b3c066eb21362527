"""The benchmarks, runnable by a user: `outreach bench plan`."""
