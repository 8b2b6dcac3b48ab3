"""SplitArchive: split the archive by user."""
