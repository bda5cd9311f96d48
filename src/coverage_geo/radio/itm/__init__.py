"""The Irregular Terrain Model (Longley-Rice) of NTIA/ITS: path loss over a profile or in an area."""
