"""Everything around the data plane: the local cloud, shops to try it on, the trainer, the demo, the command line."""
