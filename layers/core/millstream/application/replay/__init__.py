"""The log, folded once more: to rebuild the views, or to verify them.

The archive and the stream's tail are split by user into partitions (`reading`), each partition is folded on its own
(`users`), what was new in all of them is merged into the trends (`trends`), and a rebuilt version catches up with the
stream and takes over (`switching`). Each step leaves its result in a workspace and is skipped when that is there, so a
replay that was killed goes on where it was. The steps are the same on a laptop and in a state machine.
"""
