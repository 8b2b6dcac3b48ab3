"""A package that functions find in their layer."""

SHELF = "top"
