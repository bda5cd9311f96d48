"""One file that names the inputs and choices of a study, and the run that repeats it."""
