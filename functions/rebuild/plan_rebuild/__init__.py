"""PlanRebuild: plan the work."""
