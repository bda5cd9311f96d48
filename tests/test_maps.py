"""What a map says, before a browser sees it."""

from __future__ import annotations

import json
import re
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from folium.plugins import MarkerCluster
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from coverage_geo.errors import InputError
from coverage_geo.maps import gap_map
from coverage_geo.maps.packing import PER_DEGREE, pack, simplify_areas
from coverage_geo.maps.page import json_block
from coverage_geo.maps.relief import MERCATOR, level_picture, shaded_relief, to_mercator
from coverage_geo.maps.vendored import changed_files, leaflet_script, leaflet_style, own_file, read_manifest
from coverage_geo.rasters import Raster
from coverage_geo.words import WORDS, value_text

CRS = "EPSG:32748"
SEED = 20211101


def rows(index: str, geometry: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Rows with ids made from the index's name."""
    ids = pd.Index([f"{index[0]}-{number:05d}" for number in range(len(geometry))], name=index)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS, index=ids)


@pytest.fixture
def villages() -> gpd.GeoDataFrame:
    """Four villages in a row, 2 km wide."""
    squares = [shapely.box(x, 9_800_000, x + 2_000, 9_802_000) for x in range(500_000, 508_000, 2_000)]
    return rows("village_id", squares, name=["Air Itam", "Bukit", "Ceria", "Danau"])


@pytest.fixture
def blanks(villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """A result for three of them."""
    columns = {
        "state": ["blank", "served", None],
        "people": [100.0, 50, 30],
        "people_blank": [80.0, 5, np.nan],
    }
    return pd.DataFrame(columns, index=villages.index[:3])


def layer(drawn: Any, name: str) -> dict[str, Any]:
    """One layer of a map's data."""
    return next(one for one in drawn.get_root().data["layers"] if one["id"] == name)


def unpacked(part: dict[str, Any]) -> np.ndarray:
    """Longitude and latitude of all vertices."""
    return np.cumsum(np.reshape(part["geometry"]["steps"], (-1, 2)), axis=0) / PER_DEGREE


def many_poles(number: int) -> gpd.GeoDataFrame:
    """Poles as points and as lines, every 50 m along wandering roads."""
    rng = np.random.default_rng(SEED)
    x_y = np.cumsum(rng.normal(0, 35, (number, 2)), axis=0) + np.array([520_000, 9_820_000])
    lines = [shapely.LineString(x_y[start : start + 51]) for start in range(0, number - 1, 50)]
    return rows("pole_id", [*shapely.points(x_y), *lines], voltage=["JTM"] * number + ["JTR"] * len(lines))


def detailed_district(count: int) -> gpd.GeoDataFrame:
    """Villages that share winding borders with a vertex every few metres."""
    rng = np.random.default_rng(SEED)
    side, steps = 5_000.0, 400
    along = np.linspace(0, 1, steps + 1)

    def wind(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        wave = np.cumsum(rng.normal(0, 12, (steps + 1, 2)), axis=0)
        line = start + along[:, None] * (end - start - wave[-1]) + wave
        line[0], line[-1] = start, end
        return line

    corners = np.dstack(np.meshgrid(range(count + 1), range(count + 1))) * side + (500_000, 9_800_000)
    across = [[wind(corners[r, c], corners[r, c + 1]) for c in range(count)] for r in range(count + 1)]
    up = [[wind(corners[r, c], corners[r + 1, c]) for c in range(count + 1)] for r in range(count)]
    lines = [shapely.LineString(line) for group in (*across, *up) for line in group]
    areas = shapely.get_parts(shapely.polygonize([shapely.node(shapely.MultiLineString(lines))]))
    areas = [area for area in areas if area.area > 1e6]
    return rows("village_id", areas, name=[f"Desa {number}" for number in range(len(areas))])


def test_the_carried_libraries_are_those_of_the_manifest() -> None:
    assert changed_files() == []
    for package, entry in read_manifest().items():
        assert "LICENSE" in entry["files"], package


def test_the_same_input_gives_the_same_bytes_in_any_row_order(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    poles = many_poles(300)
    first = gap_map(villages, blanks, poles=poles).get_root().render()
    assert gap_map(villages, blanks, poles=poles).get_root().render() == first
    again = gap_map(villages[::-1], blanks[::-1], poles=poles[::-1])
    assert again.get_root().render() == first
    assert again.get_root().render() == first, "rendering twice changes nothing"


def test_a_village_without_result_or_state_is_unknown(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    drawn = layer(gap_map(villages, blanks, language="en"), "villages")
    labels = [one["label"] for one in drawn["classes"]]
    part = drawn["parts"][0]
    assert dict(zip(part["names"], [labels[of] for of in part["of"]], strict=True)) == {
        "Air Itam": "blank spot",
        "Bukit": "served",
        "Ceria": "unknown",
        "Danau": "unknown",
    }
    assert [one["count"] for one in drawn["classes"]] == ["1", "1", "2"]


def test_people_of_unknown_villages_are_said_apart(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    data = gap_map(villages, blanks, language="en").get_root().data
    assert data["people"] == "People in blank spots: 85 of 180. Unknown: 30."


def test_nothing_that_is_not_drawn_is_lost(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    line = shapely.LineString([(500_100, 9_800_100), (503_000, 9_801_000)])
    drawn = gap_map(
        villages,
        blanks,
        hamlets=rows("settlement_id", [None, shapely.Point(501_000, 9_801_000)], name=["Hilang", "Ada"]),
        routes=rows("route_id", [line, None], name=["Bukit", "Ceria"], reason=[None, "gateway 31 km"]),
        proposals=rows("proposal_id", [None], kind=["repair"], tower_id=["nowhere"]),
        towers=rows("tower_id", [shapely.Point(501_000, 9_801_000)], name=["Menara"]),
        language="en",
    )
    notes = {note["text"]: note["items"] for note in drawn.get_root().data["notes"]}
    assert notes == {
        "1 villages without a result, drawn as unknown": ["Danau"],
        "1 towers whose status is not stated, taken as on air": ["Menara"],
        "1 places known by name only, not drawn": ["Hilang"],
        "1 places without a cable route": ["Ceria: gateway 31 km"],
        "1 proposals without a location, not drawn": ["p-00000"],
    }
    assert layer(drawn, "routes")["classes"][0]["count"] == "3.0 km"
    assert layer(drawn, "hamlets")["parts"][0]["of"] == [2], "a hamlet without a state is unknown"


def test_a_repair_without_a_place_is_drawn_at_its_tower(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    towers = rows("tower_id", [shapely.Point(501_000, 9_801_000)], status=["faulty"])
    repair = rows("proposal_id", [None], kind=["repair"], tower_id=["t-00000"])
    drawn = gap_map(villages, blanks, towers=towers, proposals=repair)
    assert layer(drawn, "proposals")["parts"][0]["geometry"] == layer(drawn, "towers")["parts"][0]["geometry"]
    assert drawn.get_root().data["notes"][1:] == []


def test_figures_come_with_their_unit_and_empty_cells_are_left_out(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    points = [shapely.Point(501_000, 9_801_000), shapely.Point(503_000, 9_801_000)]
    towers = rows("tower_id", points, antenna_height_m=[42.0, np.nan], operator=[None, None])
    drawn = layer(gap_map(villages, blanks, towers=towers), "towers")
    assert drawn["labels"] == ["Tinggi antena"]
    assert drawn["parts"][0]["values"] == [["42 m"], [None]]
    assert value_text(1.25e9, "capital_cost_idr", "id") == "Rp 1,25 miliar"
    assert value_text(0.475, "share_blank", "en") == "48 %"
    assert value_text(np.True_, "permitted", "en") == "yes"


def test_packed_coordinates_are_within_a_metre() -> None:
    poles = many_poles(500)
    points = poles.geometry[poles.geom_type == "Point"]
    there = np.cumsum(np.reshape(pack(points)["steps"], (-1, 2)), axis=0) / PER_DEGREE
    back = gpd.GeoSeries.from_xy(*there.T, crs="EPSG:4326", index=points.index).to_crs(CRS)
    assert back.distance(points).max() < 0.8


def test_simplified_neighbours_still_share_their_border() -> None:
    villages = detailed_district(3)
    simple = simplify_areas(villages.geometry)
    assert shapely.coverage_is_valid(villages.geometry.to_numpy())
    assert shapely.coverage_is_valid(simple.to_numpy())
    assert simple.count_coordinates().sum() < 0.7 * villages.count_coordinates().sum()
    assert villages.geometry.hausdorff_distance(simple).max() < 60


def test_overlapping_villages_are_simplified_alone_and_none_is_lost() -> None:
    villages = detailed_district(2)
    away = [
        shapely.transform(area, lambda x_y, n=n: x_y + 7.0 * n) for n, area in enumerate(villages.geometry)
    ]
    moved = villages.set_geometry(gpd.GeoSeries(away, index=villages.index, crs=CRS))
    islet = gpd.GeoSeries([shapely.box(490_000, 9_799_000, 490_002, 9_799_002)], index=["islet"], crs=CRS)
    areas = pd.concat([moved.geometry, islet])
    simple = simplify_areas(areas)
    assert list(simple.index) == list(areas.index)
    assert set(simple.geom_type) <= {"Polygon", "MultiPolygon"}
    assert not simple.is_empty.any()


def test_a_district_with_thousands_of_poles_stays_under_three_megabytes() -> None:
    villages = detailed_district(8)
    assert len(villages) >= 64
    assert villages.count_coordinates().sum() > 50_000
    blanks = pd.DataFrame({"state": "blank", "people": 1_000.0}, index=villages.index)
    west, south, east, north = villages.total_bounds
    heights = np.random.default_rng(SEED).gamma(2, 200, (600, 600)).cumsum(axis=0) % 900
    terrain = Raster(heights, west, north, (east - west) / 600, (north - south) / 600, CRS, "m")
    drawn = gap_map(villages, blanks, poles=many_poles(6_000), terrain=terrain)
    assert len(drawn.get_root().render().encode()) < 3_000_000


def test_terrain_lies_exactly_where_it_is() -> None:
    x, y = np.meshgrid(np.arange(700_015, 706_000, 30.0), np.arange(9_794_985, 9_789_000, -30.0))
    area = rows("village_id", [shapely.box(701_000, 9_790_000, 705_000, 9_794_000)], name=["Desa"])
    to_mercator_point = Transformer.from_crs(CRS, MERCATOR, always_xy=True)
    for values, real in ((x - 700_000, 3_333.0), (y - 9_789_000, 2_777.0)):
        heights = Raster(values, 700_000, 9_795_000, 30, 30, CRS, "m")
        warped = to_mercator(heights, tuple(area.total_bounds))
        at = to_mercator_point.transform(703_333.0, 9_791_777.0)
        assert warped.sample([at[0]], [at[1]])[0] == pytest.approx(real, abs=1.0)
        coarse = to_mercator(heights, tuple(area.total_bounds), longest=30)
        assert coarse.sample([at[0]], [at[1]])[0] == pytest.approx(real, abs=coarse.dx / 8)
    west, south, east, north = warped.bounds
    (left, right), (bottom, top) = Transformer.from_crs(MERCATOR, "EPSG:4326", always_xy=True).transform(
        [west, east], [south, north]
    )
    corners = to_mercator(heights, tuple(area.total_bounds)).bounds
    assert corners == warped.bounds
    inside = area.to_crs("EPSG:4326").total_bounds
    assert (left, bottom) < (inside[0], inside[1])
    assert (right, top) > (inside[2], inside[3])


def palette_pixels(picture: dict[str, Any]) -> np.ndarray:
    """Colours of a picture, as the browser would decode it."""
    import base64

    import rasterio

    content = base64.b64decode(picture["url"].partition(",")[2])
    with rasterio.MemoryFile(content) as file, file.open() as image:
        colours = np.array([image.colormap(1).get(number, (0, 0, 0, 0)) for number in range(256)])
        return colours[image.read(1)]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_sea_is_tinted_but_low_villages_and_voids_are_not(villages: gpd.GeoDataFrame) -> None:
    heights = np.full((100, 200), -1.0)  # the sea, and polders below it
    heights[:, 150:] = np.nan
    terrain = Raster(heights, 499_000, 9_804_000, 60, 60, CRS, "m")
    pixels = palette_pixels(shaded_relief(terrain, villages))
    middle, left, right = (pixels[pixels.shape[0] // 2, column] for column in (60, 2, -2))
    assert middle[3] == 255
    assert tuple(left) == (0xD6, 0xE5, 0xEC, 255)
    assert tuple(middle[:3]) != (0xD6, 0xE5, 0xEC)
    assert right[3] == 0


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_slope_to_the_north_west_is_brighter_than_one_to_the_south_east(
    villages: gpd.GeoDataFrame,
) -> None:
    x, y = np.meshgrid(np.linspace(-1, 1, 150), np.linspace(1, -1, 90))
    cone = Raster(900 - 600 * np.hypot(x, y), 499_500, 9_803_000, 60, 60, CRS, "m")
    pixels = palette_pixels(shaded_relief(cone, villages))[..., 0].astype(int)
    rows_, columns = pixels.shape
    north_west = pixels[: rows_ // 3, : columns // 3].mean()
    south_east = pixels[-rows_ // 3 :, -columns // 3 :].mean()
    assert north_west > south_east + 10


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_of_signal_levels_wears_the_class_colours(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    values = np.repeat([[0.0, 1, 2, 3, np.nan]], 100, axis=0).repeat(40, axis=1)
    levels = Raster(values, 499_500, 9_803_000, 50, 50, CRS, "level")
    seen = {
        tuple(int(band) for band in pixel)
        for pixel in palette_pixels(level_picture(levels, villages)).reshape(-1, 4)
    }
    assert {
        (0xB2, 0x18, 0x2B, 255),
        (0xF4, 0xA5, 0x82, 255),
        (0x92, 0xC5, 0xDE, 255),
        (0x21, 0x66, 0xAC, 255),
    } <= seen
    drawn = layer(gap_map(villages, blanks, signal=levels), "signal")
    assert len(drawn["classes"]) == 4


def test_all_faults_of_all_tables_come_at_once(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    point = shapely.Point(501_000, 9_801_000)
    with pytest.raises(InputError) as caught:
        gap_map(
            villages.drop(columns="name"),
            blanks.assign(state="kosong"),
            towers=rows("tower_id", [point]).to_crs("EPSG:4326"),
            signal=rows("demand_id", [point], level=[7]),
            language="fr",
        )
    text = str(caught.value)
    for said in ("no column 'name'", "'kosong'", "is not projected", "is outside 0 to 3", "language 'fr'"):
        assert said in text


def test_a_result_of_another_district_is_refused(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no village x"):
        gap_map(villages, blanks.rename({"v-00000": "x"}))


def test_a_hamlet_in_an_unknown_state_word_is_refused(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    hamlets = rows("settlement_id", [shapely.Point(501_000, 9_801_000)], name=["A"], state=["weak"])
    with pytest.raises(InputError, match="hamlets"):
        gap_map(villages, blanks, hamlets=hamlets)


def test_the_map_is_a_folium_map_that_takes_vector_layers(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    drawn = gap_map(villages, blanks)
    assert isinstance(drawn, folium.Map)
    folium.CircleMarker([-1.8, 105.1]).add_to(drawn)
    assert "L.circleMarker" in drawn.get_root().render()


def test_a_plug_in_that_would_need_the_network_is_refused(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    drawn = gap_map(villages, blanks)
    MarkerCluster().add_to(drawn)
    with pytest.raises(InputError, match="works without a network"):
        drawn.get_root().render()


def test_around_leaflet_the_page_names_no_address_but_a_namespace(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    page = gap_map(villages, blanks).get_root().render()
    for text in (leaflet_script(), leaflet_style()):
        page = page.replace(text, "")
    assert set(re.findall(r"https?://[\w./-]+", page)) == {"http://www.w3.org/2000/svg"}


def test_every_word_the_page_asks_for_is_written_in_both_languages() -> None:
    asked = set(re.findall(r"\bwords\.(\w+)", own_file("map.js")))
    assert asked
    for name in asked:
        assert all(WORDS[f"map.{name}"]), name


def test_the_definition_is_printed_in_the_readers_language(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    class Bilingual:
        def describe(self, language: str) -> str:
            return {"id": "tanpa internet", "en": "no internet"}[language]

    said = [
        gap_map(villages, blanks, definition=Bilingual(), language=language).get_root().data["definition"]
        for language in ("id", "en")
    ]
    assert said == ["tanpa internet", "no internet"]
    blanks.attrs["definition"] = "as the result says"
    assert gap_map(villages, blanks).get_root().data["definition"] == "as the result says"


def test_no_argument_is_changed(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    before = villages.copy(), blanks.copy()
    gap_map(villages, blanks)
    pd.testing.assert_frame_equal(villages, before[0])
    pd.testing.assert_frame_equal(blanks, before[1])


@settings(deadline=None)
@given(st.text(alphabet=st.characters()))
def test_any_text_survives_as_json_that_closes_no_script(text: str) -> None:
    block = json_block({text: [text]})
    assert json.loads(block) == {text: [text]}
    assert not set(block) & set("<\u2028\u2029")
    block.encode("utf-8")


def test_rasters_of_another_crs_are_refused(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    raster = Raster(np.zeros((4, 4)), 104.9, -1.7, 0.1, 0.1, "EPSG:4326", "m")
    with pytest.raises(InputError, match="terrain"):
        gap_map(villages, blanks, terrain=raster)


def test_places_whose_sources_disagree_are_marked(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    told = {"reported": "served", "modelled": "blank", "measured": "unknown"}
    hamlets = rows("settlement_id", [shapely.Point(501_000, 9_801_000), None], name=["Dusun", "Hilang"])
    drawn = gap_map(
        villages,
        blanks.assign(conflict=[None, "reported served, modelled blank", None], **told),
        hamlets=hamlets.assign(conflict="reported served, modelled blank", **told),
        language="en",
    )
    marks = layer(drawn, "conflicts")
    assert not marks["shown"]
    assert marks["labels"] == ["Reported", "Modelled"]
    assert sorted(marks["parts"][0]["names"]) == ["Bukit", "Dusun"]
    assert marks["parts"][0]["values"] == [["served", "blank spot"]] * 2


def test_a_place_tells_the_route_it_gets_or_why_it_gets_none(
    villages: gpd.GeoDataFrame, blanks: pd.DataFrame
) -> None:
    routes = rows(
        "route_id",
        [shapely.LineString([(500_100, 9_800_100), (503_000, 9_801_000)]), None],
        name=["Air Itam", "Ceria"],
        target_id=["v-00000", "v-00002"],
        length_m=[3_036.0, np.nan],
        capital_cost_idr=[291e6, np.nan],
        reason=[None, "no pole within the drop"],
        reason_number=[None, 812.0],
        reason_unit=[None, "m"],
    )
    drawn = gap_map(villages, blanks, routes=routes, language="en")
    told = layer(drawn, "villages")
    column = told["labels"].index("Cable route")
    values = [row[column] for row in told["parts"][0]["values"]]
    assert values == ["3.0 km, Rp 291 million", None, "no pole within the drop (812 m)", None]


def test_a_geometry_column_of_another_name_is_fine(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    renamed = villages.rename_geometry("geom")
    found = gpd.GeoDataFrame(blanks.assign(geom=renamed.geometry.representative_point()), geometry="geom")
    drawn = gap_map(renamed, found.set_crs(CRS))
    assert layer(drawn, "villages")["parts"][0]["kind"] == "areas"


def test_the_data_survives_its_way_into_the_page(villages: gpd.GeoDataFrame, blanks: pd.DataFrame) -> None:
    drawn = gap_map(villages.assign(name=["\u2028</script>", "{{7*7}}", "[[html]]", "\\u003c"]), blanks)
    page = drawn.get_root().render()
    block = re.search(r'id="map-data">(.*?)</script>', page, re.DOTALL)[1]
    names = next(one for one in json.loads(block)["layers"] if one["id"] == "villages")["parts"][0]["names"]
    assert names == ["\u2028</script>", "{{7*7}}", "[[html]]", "\\u003c"]


def test_a_place_with_one_way_but_no_second_has_a_route(villages: gpd.GeoDataFrame) -> None:
    blanks = pd.DataFrame({"state": "blank"}, index=villages.index)
    line = shapely.LineString([(501_000, 9_801_000), (503_000, 9_801_000)])
    routes = rows(
        "route_id",
        [line, None, None],
        name=["Bukit", "Bukit", "Ceria"],
        reason=[None, "no other way different enough", "no other way different enough"],
        reason_number=[np.nan, 0.125, np.nan],
        reason_unit=[None, "share", None],
        rank=[1, 2, 1],
    )
    notes = gap_map(villages, blanks, routes=routes, language="en").get_root().data["notes"]
    assert [note["items"] for note in notes] == [["Ceria: no other way different enough"]]
