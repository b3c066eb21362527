"""The one door for the outside world, and the digest of what came through it."""
