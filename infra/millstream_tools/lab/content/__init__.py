"""Content models: item texts as vectors, so that items without events can be recommended."""
