"""The log as training data: up to a cut, without erased users and void records."""
