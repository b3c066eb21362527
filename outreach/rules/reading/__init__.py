"""What a reply says, read as far as plain words allow (product.md 4). It proposes; a person decides."""
