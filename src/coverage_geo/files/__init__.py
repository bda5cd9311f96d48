"""Paths to checked tables and rasters: the only place that opens files."""
