"""Model families that need only numpy."""
