"""The tools: the command line, the demo, the lab, local clouds and shops."""
