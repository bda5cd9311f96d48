"""ITU-R P.1812: path loss from terrain, point to area."""
