"""A district made by code, on any boundaries, with the truth behind its faults."""

from coverage_geo.fictional.district import FictionalDistrict, make_district
from coverage_geo.fictional.folder import write_district

__all__ = ["FictionalDistrict", "make_district", "write_district"]
