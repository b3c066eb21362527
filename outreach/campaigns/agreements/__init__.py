"""What customers promise, dispute and agree to, and what is asked for about them (product.md 4)."""
