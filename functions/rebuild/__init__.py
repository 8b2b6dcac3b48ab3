"""The steps of the Rebuild state machine."""
