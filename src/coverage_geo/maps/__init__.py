"""Results on a folium map that works offline."""

from coverage_geo.maps.district import gap_map
from coverage_geo.maps.page import GapMap

__all__ = ["GapMap", "gap_map"]
