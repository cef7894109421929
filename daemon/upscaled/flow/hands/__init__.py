"""What a person may order: one module a verb, each carried out on the conductor's thread."""
