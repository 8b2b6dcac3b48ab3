"""Sequence models made smaller and faster, each way with what it costs in accuracy. Needs PyTorch."""
