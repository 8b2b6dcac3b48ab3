"""Where the lab's interactions come from, and how they are prepared."""
