"""Results on a folium map that works offline."""
