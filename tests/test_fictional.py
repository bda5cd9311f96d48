from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

import coverage_geo as cg
from coverage_geo.errors import ValueRangeError
from coverage_geo.fictional.breaks import BREAKS
from coverage_geo.tables import SCHEMAS, check

PLACED = ("villages", "settlements", "poles", "gateways", "towers", "proposals")
BANGKA_BARAT = {"none": 38, "icon": 7, "trouble": 3, "other": 14, "unknown": 2}


@pytest.fixture(scope="module")
def demo():
    return cg.make_district()


@pytest.fixture(scope="module")
def tiny_kwargs():
    return {"village_count": 5, "width_km": 9, "seed": 4}


def table(shapes, **columns):
    index = pd.Index([f"v{number}" for number in range(len(shapes))], name="village_id")
    data = {"name": [f"Desa {number}" for number in range(len(shapes))], **columns}
    return gpd.GeoDataFrame(data, index=index, geometry=shapes, crs="EPSG:32748")


def box(x, y, side):
    return shapely.box(500_000 + x, 9_060_000 + y, 500_000 + x + side, 9_060_000 + y + side)


def assert_sound(district, villages):
    """What holds for every district, whatever its boundaries."""
    for name in PLACED:
        check(getattr(district, name), SCHEMAS[name], crs=villages.crs)
        assert getattr(district, name).index.is_monotonic_increasing
    home = district.villages.geometry.loc[district.settlements["village_id"]]
    assert shapely.covers(home.to_numpy(), district.settlements.geometry.to_numpy()).all()
    assert set(district.settlements["village_id"]) == set(district.villages.index)
    assert district.population.values.sum(dtype=float) == district.villages["people"].sum()
    assert district.settlements["people"].sum() == district.villages["people"].sum()
    assert np.isfinite(district.terrain.values).all()


def whole_lines(district):
    """Pole lines that no break concerns."""
    concerned = set(" ".join(district.breaks["ids"]).split())
    poles = district.poles
    lines = poles[poles.geom_type == "LineString"]
    lines = lines[~lines.index.isin(concerned)]
    near_break = shapely.STRtree(district.breaks.geometry.to_numpy()).query(
        lines.geometry.to_numpy(), predicate="dwithin", distance=1.0
    )[0]
    return lines.drop(index=lines.index[near_break])


def test_the_demo_is_as_large_as_promised(demo):
    poles = demo.poles.geom_type == "Point"
    assert len(demo.villages) >= 20
    assert demo.villages["kecamatan"].nunique() >= 3
    assert len(demo.settlements) >= 100
    assert poles.sum() >= 5_000
    assert len(demo.towers) >= 15
    assert set(demo.breaks["kind"]) == set(BREAKS)
    assert len(BREAKS) >= 8


def test_every_table_is_as_its_schema_says(demo):
    assert_sound(demo, demo.villages)


def test_everything_says_that_it_is_fictional(demo):
    for raster in (demo.terrain, demo.population):
        assert raster.name.startswith("fictional")
    for name in (*PLACED, "roads", "reported", "reported_points", "measurements"):
        assert getattr(demo, name)["source"].str.startswith("fictional").all()
    assert "FIKTIF" in demo.label("id")
    assert "FICTIONAL" in demo.label("en")


def test_codes_are_of_a_province_that_does_not_exist(demo):
    assert demo.villages.index.str.fullmatch(r"99\.01\.\d\d\.2\d\d\d").all()
    assert demo.villages["bps_code"].str.fullmatch(r"9901\d{6}").all()


def test_neighbouring_villages_share_exact_edges(demo):
    shapes = demo.villages.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-9)
    mainland = max(shapely.get_parts(shapely.union_all(shapes)), key=shapely.area)
    assert len(shapely.get_rings(mainland)) == 1


def test_poles_stand_every_30_to_50_m(demo):
    lines = whole_lines(demo)
    spans = np.concatenate([np.hypot(*np.diff(line.coords, axis=0).T) for line in lines.geometry])
    assert len(spans) > 4_000
    assert spans.min() >= 30
    assert spans.max() <= 50


def test_each_vertex_of_a_whole_line_is_a_pole(demo):
    stand = demo.poles.geometry[demo.poles.geom_type == "Point"].get_coordinates()
    vertices = whole_lines(demo).geometry.get_coordinates()
    moved = demo.breaks.loc[demo.breaks["kind"] == "pole snapped to line"]
    known = pd.MultiIndex.from_frame(vertices).isin(pd.MultiIndex.from_frame(stand))
    assert (~known).sum() <= len(moved)


def test_no_pole_stands_in_the_sea(demo):
    land = shapely.union_all(demo.villages.geometry.to_numpy())
    shapely.prepare(land)
    away = shapely.distance(land, demo.poles.geometry.to_numpy())
    assert (away > 0).mean() < 0.001
    assert away.max() < 30


def test_some_hamlets_lie_beyond_the_poles_and_some_poles_without_a_gateway(demo):
    poles = demo.settlement_truth["poles"].value_counts()
    assert poles["joined"] > poles["none"] > 5
    assert poles["apart"] >= 2


def test_of_the_hamlets_without_signal_most_have_poles(demo):
    blank = demo.settlement_truth[demo.settlement_truth["rsrp_dbm"] < -105]
    assert 20 <= len(blank) <= 80
    assert (blank["poles"] == "joined").mean() > 0.5
    assert (blank["poles"] != "joined").sum() >= 5


def test_towers_lack_some_of_their_attributes(demo):
    for column in ("antenna_height_m", "frequency_mhz", "power_dbm"):
        assert 0 < demo.towers[column].isna().sum() < len(demo.towers)
    assert {"on air", "planned", "faulty"} == set(demo.towers["status"])
    assert {"2G", "4G"} >= set(demo.towers["service"])


def test_proposals_are_towers_a_route_and_a_repair_with_partners(demo):
    assert demo.proposals["kind"].value_counts()[["tower", "route", "repair"]].tolist() == [2, 1, 1]
    assert demo.proposals["partner"].notna().all()
    repair = demo.proposals[demo.proposals["kind"] == "repair"].iloc[0]
    assert demo.towers.loc[repair["tower_id"], "status"] == "faulty"


def test_the_drawn_route_follows_the_poles_from_a_gateway(demo):
    route = demo.proposals[demo.proposals["kind"] == "route"].geometry.iloc[0]
    stand = shapely.STRtree(demo.poles.geometry.to_numpy())
    along = shapely.get_coordinates(shapely.segmentize(route, 100))
    _, away = stand.query_nearest(shapely.points(along), return_distance=True, all_matches=False)
    assert away.max() < 60
    assert demo.gateways.distance(shapely.Point(route.coords[0])).min() < 60


def test_the_same_seed_gives_the_same_bytes(tmp_path, tiny_kwargs):
    first = cg.write_district(cg.make_district(**tiny_kwargs), tmp_path / "a")
    again = cg.write_district(cg.make_district(**tiny_kwargs), tmp_path / "b")
    assert {name: path.read_bytes() for name, path in first.items()} == {
        name: path.read_bytes() for name, path in again.items()
    }


def test_another_seed_gives_another_district(tiny_kwargs):
    first, other = cg.make_district(**tiny_kwargs), cg.make_district(**{**tiny_kwargs, "seed": 5})
    assert not np.array_equal(first.terrain.values, other.terrain.values)


def test_the_order_of_villages_changes_nothing(tmp_path):
    villages = table([box(0, 0, 3000), box(3000, 0, 3000), box(0, 3000, 3000)])
    before = villages.copy()
    first = cg.write_district(cg.make_district(villages), tmp_path / "a")
    again = cg.write_district(cg.make_district(villages.iloc[::-1]), tmp_path / "b")
    assert all(path.read_bytes() == again[name].read_bytes() for name, path in first.items())
    pd.testing.assert_frame_equal(villages, before)


@pytest.mark.parametrize("relief", ["mixed", "coast", "mountains"])
@pytest.mark.parametrize(
    "shapes",
    [
        [box(0, 0, 5000)],
        [box(0, 0, 400)],
        [shapely.union_all([box(0, 0, 4000), box(6000, 0, 1500)]), box(0, -5000, 3000)],
        [shapely.box(500_000, 9_060_000, 500_040, 9_065_000), box(40, 0, 5000)],
        [box(0, 0, 4000), box(3500, 0, 4000)],
    ],
    ids=["one square", "very small", "islands", "too thin for a cell", "overlapping"],
)
def test_any_boundaries_will_do(shapes, relief):
    villages = table(shapes)
    assert_sound(cg.make_district(villages, relief=relief, blank_hamlets=2), villages)


def test_a_district_of_one_hamlet_has_no_roads_and_no_poles(tmp_path):
    district = cg.make_district(table([box(0, 0, 2000)]), hamlets=1)
    assert (len(district.settlements), len(district.roads), len(district.poles)) == (1, 0, 0)
    assert "README.txt" in cg.write_district(district, tmp_path)


def test_islands_stand_in_the_sea_and_mountains_have_none():
    islands = table([box(0, 0, 3000), box(6000, 0, 3000)])
    between = ([504_500.0], [9_061_500.0])
    sea = cg.make_district(islands, relief="coast").terrain.sample(*map(np.array, between))
    land = cg.make_district(islands, relief="mountains").terrain.sample(*map(np.array, between))
    assert sea[0] == 0
    assert land[0] > 0


def test_no_road_and_no_pole_line_crosses_the_sea():
    islands = table([box(0, 0, 4000), box(5000, 0, 4000)])
    district = cg.make_district(islands, relief="coast")
    strait = box(4050, 0, 900)
    assert not district.roads.intersects(strait).any()
    assert not district.poles.intersects(strait).any()


def test_mountains_are_higher_than_the_coast():
    highest = [
        cg.make_district(village_count=6, width_km=20, relief=relief).terrain.values.max()
        for relief in ("coast", "mixed", "mountains")
    ]
    assert highest == sorted(highest)
    assert highest[0] < 600 < highest[1]


def test_people_are_those_asked_for():
    villages = table([box(0, 0, 3000), box(3000, 0, 3000)], people=[1234, 77])
    assert cg.make_district(villages).villages["people"].tolist() == [1234, 77]
    assert cg.make_district(villages, people=50_001).population.values.sum() == 50_001


def test_reported_counts_are_those_asked_for():
    counts = {"none": 5, "icon": 2, "trouble": 1, "other": 3, "unknown": 1}
    district = cg.make_district(village_count=12, width_km=20, reported_counts=counts)
    assert district.village_truth["reported"].value_counts().to_dict() == counts
    assert len(district.reported) == 11
    providers = district.reported["penyedia"]
    assert providers.isin(["Icon+", "Icon Plus", "PLN Icon"]).sum() == 2
    assert (district.reported["status"] == "gangguan").sum() == 1
    assert (district.towers["status"] == "faulty").sum() == 1


def test_reported_counts_that_do_not_sum_to_the_villages_are_refused():
    with pytest.raises(ValueRangeError, match="does not share out 4 villages"):
        cg.make_district(village_count=4, width_km=8, reported_counts={"none": 3})


def test_the_list_has_misspelt_names_and_missing_codes(demo):
    names = demo.villages["name"]
    assert 1 <= (~demo.reported["nama_desa"].isin(names)).sum() <= 5
    assert 1 <= (demo.reported["kode_desa"] == "").sum() <= 5


def test_reports_mostly_agree_with_the_truth(demo):
    conflict = demo.village_truth["state"] != demo.village_truth["reported"]
    assert 1 <= conflict.sum() <= 4


def test_blank_hamlets_are_listed_with_their_partners():
    district = cg.make_district(relief="mountains", blank_hamlets=39)
    points = district.reported_points
    assert len(points) == 39
    assert points["mitra"].nunique() == 3
    assert points["lintang"].between(-9, -8).all()
    listed = points[["jorong", "nagari"]].apply(tuple, axis=1)
    assert listed.is_unique


def test_wrong_numbers_are_all_named_at_once():
    with pytest.raises(ValueRangeError, match=r"(?s)seed.*relief.*pixel_m"):
        cg.make_district(seed=-1, relief="hilly", pixel_m=5)


def test_files_carry_the_label_and_the_sums(tmp_path, tiny_kwargs):
    district = cg.make_district(**tiny_kwargs, blank_hamlets=3)
    paths = cg.write_district(district, tmp_path)
    text = paths["README.txt"].read_text(encoding="utf-8")
    assert "FIKTIF" in text
    assert "FICTIONAL" in text
    assert all(name in text for name in paths if name != "README.txt")
    with rasterio.open(paths["population.tif"]) as people:
        assert people.read(1).sum() == district.villages["people"].sum()
    drawn = gpd.read_file(paths["poles.gpkg"], layer="jaringan")
    points = gpd.read_file(paths["poles.gpkg"], layer="tiang")
    assert len(drawn) + len(points) == len(district.poles)
    for name in paths:
        if name.endswith(".csv"):
            assert (pd.read_csv(paths[name])["source"] == "fictional").all()


def test_heights_are_typed_by_hand(tmp_path, demo):
    towers = pd.read_csv(cg.write_district(demo, tmp_path)["towers.csv"])
    given = towers["tinggi_menara"].dropna()
    assert given.str.fullmatch(r"\d+m").all()
    assert towers["tinggi_menara"].isna().any()


@pytest.mark.parametrize(
    ("file", "crs", "relief", "counts", "blank"),
    [
        ("bangka_barat_villages_cahyadsn", 32748, "coast", BANGKA_BARAT, 0),
        ("solok_selatan_nagari_cahyadsn", 32747, "mountains", None, 39),
    ],
)
def test_real_boundaries_keep_their_codes_and_names(data_folder, file, crs, relief, counts, blank):
    real = gpd.read_file(data_folder / "boundaries" / f"{file}.geojson").to_crs(crs)
    villages = real.rename(columns={"nama": "name"}).set_index(real["kode"].rename("village_id"))
    district = cg.make_district(
        villages, relief=relief, people=200_000, reported_counts=counts, blank_hamlets=blank
    )
    assert_sound(district, villages)
    assert district.villages["name"].equals(villages["name"].sort_index())
    assert district.population.values.sum() == 200_000
    assert len(district.reported_points) == blank
    assert set(district.villages["source"]) == {"fictional (boundaries as given)"}
    if counts:
        assert district.village_truth["reported"].value_counts().to_dict() == counts
    spans = np.concatenate(
        [np.hypot(*np.diff(line.coords, axis=0).T) for line in whole_lines(district).geometry]
    )
    assert spans.min() >= 30
    assert spans.max() <= 50


def test_land_cover_has_water_at_sea_fields_by_roads_and_forest_far_away() -> None:
    district = cg.make_district(village_count=6, width_km=10, seed=2)
    cover, height = district.land_cover.values, district.terrain.values
    assert district.land_cover.bounds == district.terrain.bounds
    assert set(np.unique(cover)) <= {10, 20, 30, 40, 50, 80, 95}
    assert ((cover == 80) == (height <= 0)).all()
    hamlets = district.settlements.geometry
    at_hamlets = district.land_cover.values[
        ((district.land_cover.north - hamlets.y) // district.land_cover.dy).astype(int),
        ((hamlets.x - district.land_cover.west) // district.land_cover.dx).astype(int),
    ]
    assert np.isin(at_hamlets, [40, 50]).mean() > 0.8
    assert (cover[height > 0] == 10).mean() > 0.2
