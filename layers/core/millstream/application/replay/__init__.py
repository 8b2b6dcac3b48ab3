"""Replaying the log to rebuild or verify the views.

The archive and the tail of the stream are split by user into partitions (`reading`), each partition is folded
separately (`users`), the new events of all partitions are merged into the trends (`trends`), and a rebuilt version
catches up with the stream and starts to serve (`switching`). Each step stores its result in a workspace and is skipped
if the result exists, so an interrupted replay resumes. The steps are the same on a laptop and in a state machine.
"""
