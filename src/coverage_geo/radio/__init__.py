"""How far a signal reaches."""
