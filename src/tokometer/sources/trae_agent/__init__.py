"""Trae Agent, ByteDance's command line: trajectories of its tasks."""
