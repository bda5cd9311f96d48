"""How far a cable reaches: the mirror of `radio`."""
