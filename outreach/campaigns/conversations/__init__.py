"""What is said: calls saved, voicemails returned, replies taken in and answered (product.md 2)."""
