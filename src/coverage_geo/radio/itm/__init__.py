"""The Irregular Terrain Model (Longley-Rice) of NTIA/ITS: path loss from terrain or from its roughness alone."""
