"""The whole house on loopback: real processes, pretended providers, robot reps, a clock that moves on."""
