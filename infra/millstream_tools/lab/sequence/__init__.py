"""The SASRec family: one model file, one train file, all knobs in one dataclass. Needs PyTorch."""
