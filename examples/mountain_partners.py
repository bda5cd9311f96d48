# %% [markdown]
# # Mountains: 39 blank-spot points, and what each partner could solve
#
# The office lists 39 blank-spot points in 39 hamlets (jorong) of a mountain district, as Solok Selatan did in July 2022.
# Several partners want to help: Icon Plus with fibre on PLN's poles, operators and a foundation with towers. Each needs
# its own list: which hamlets could it clear, how many people, at what cost?
#
# **The district is fictional**: boundaries, relief, people, poles, towers, the list and the proposals are made by a program.

# %%
from pathlib import Path

import geopandas as gpd
import pandas as pd

import coverage_geo as cg

FOLDER = Path("coverage_geo_examples/mountain_partners")
district = cg.make_district(
    relief="mountains", village_count=39, width_km=57, hamlets=215, people=181_525, blank_hamlets=39, seed=5
)
inputs = cg.write_district(district, FOLDER / "inputs")

# %% [markdown]
# ## Read the files, and see what was mended

# %%
villages = cg.read_villages(inputs["villages.gpkg"])
hamlets = cg.read_settlements(inputs["settlements.csv"], study_area=villages)
points = cg.read_reported_status(inputs["reported_points.csv"], villages=villages, settlements=hamlets)
towers = cg.read_towers(inputs["towers.csv"], study_area=villages)
poles = cg.read_pole_lines(inputs["poles.gpkg"], study_area=villages)
gateways = cg.read_gateways(inputs["gateways.csv"], study_area=villages)
terrain = cg.read_terrain(inputs["terrain.tif"], study_area=villages)
trees = cg.radio.clutter_heights(cg.read_land_cover(inputs["land_cover.tif"], study_area=villages))
population = cg.read_raster(inputs["population.tif"], study_area=villages)
demand = cg.demand_points(villages, population=population, settlements=hamlets, people_from="population")
proposed = cg.read_proposals(inputs["proposed_towers.csv"], study_area=villages, towers=towers)
print(cg.repairs(points)[["row", "column", "action", "before", "reason"]].to_string(index=False))
print(cg.repairs(towers).groupby(["column", "action", "reason"]).size().to_string())

# %% [markdown]
# ## Which hamlets are blank spots
# Here a blank spot is a hamlet without any signal (`NO_SIGNAL`: weak is not blank). The list decides; the signal over the
# relief, trees and buildings (ITU-R P.1812-8) stands beside it. A listed hamlet that cannot be located stays in the list and in the count.

# %%
existing = cg.radio_coverage(towers, demand, terrain, receiver=cg.HANDSET, clutter=trees)
places = cg.with_unplaced(hamlets, points)
blanks = cg.find_blank_spots(
    places, demand, existing, definition=cg.NO_SIGNAL, reported=points, evidence="reported"
)
blank = blanks[blanks["state"] == "blank"]
print(cg.NO_SIGNAL)
print(f"{len(blank)} of {len(places)} hamlets ({100 * len(blank) / len(places):.0f}%), by the office's list")
print(
    f"{blank['people'].sum():,.0f} people of {cg.people_account(demand).total:,.0f} ({cg.people_account(demand).source})"
)
print(blank["modelled"].value_counts().rename("what the model says of them").to_string())

# %% [markdown]
# Where list and model disagree, somebody should measure. The list goes onto a phone or a GPS.

# %%
conflicts = cg.find_conflicts(blanks)
cg.write_field_check(FOLDER, {"hamlets": blanks})
print(f"{len(conflicts)} hamlets to check in the field, {conflicts['people'].sum():,.0f} people")

# %% [markdown]
# ## Fibre: Icon Plus along the poles
# Valleys are long: light of class B+ (28 dB) does not reach many hamlets behind a 1:32 splitter. Class C+ (32 dB) does.

# %%
graph = cg.build_pole_graph(poles, villages=villages)
for optics in (cg.GPON_B_PLUS, cg.GPON_C_PLUS):
    network = cg.shared_network(graph, gateways=gateways, targets=blanks, optics=optics, max_drop_m=500)
    print(optics.name, network.routes["reason"].fillna("has a route").value_counts().to_dict())
    print(
        f"  Rp {network.capital_cost_idr / 1e9:.1f} bn, at most {network.gap:.1%} from the least; {network.binding or 'nothing'} binds"
    )
routes = network.routes.assign(operator="Icon Plus")

# %% [markdown]
# ## Towers: a proposal of an operator, the repair of a tower in trouble, and what a foundation asks about
# Proposals come from files and from code. The foundation can pay for three small towers, and asks about the three largest
# listed hamlets that no cable reaches.

# %%
repair = proposed[proposed["kind"] == "repair"].iloc[0]
mended = existing.proposed(
    [repair["tower_id"]], proposal_id=repair.name, kind="repair", operator=repair["partner"]
)
cut_off = blank.loc[blank.index.isin(routes.loc[routes["reason"].notna(), "target_id"])].dropna(
    subset="geometry"
)
largest = cut_off.sort_values(["people", "name"], ascending=[False, True]).head(3)
small = [
    {"tower_id": f"small-{number}", "x_m": point.x, "y_m": point.y, "antenna_height_m": 32, "frequency_mhz": 900,
     "operator": "Yayasan Pelita Rekaan", "capital_cost_idr": 900_000_000}
    for number, point in enumerate(largest.geometry, start=1)
]  # fmt: skip
asked = proposed[(proposed["kind"] == "tower") & (proposed["partner"] == "Telkomsel")].rename_axis("tower_id")
sites = pd.concat([asked.drop(columns=["tower_id", "kind"]), cg.tower_table(small, study_area=villages)])
signal = cg.radio_coverage(sites, demand, terrain, receiver=cg.HANDSET, clutter=trees, proposed=True)

# %% [markdown]
# ## What each partner could solve
# All partners are judged alike, against what stands and under the same definition, which here counts any service. A
# hamlet that two of them could clear is in both lists, and once in the last line.

# %%
ANY_SERVICE = cg.Definition(
    "NO_SERVICE", "this story", ("2G", "4G", "fixed"), cg.Level.WEAK, village_share=1.0
)
proposals = signal | mended | cg.fibre_coverage(routes, demand, max_drop_m=500)
costs = (
    cg.tower_costs(sites) | cg.tower_costs(proposed.loc[[repair.name]], repair=True) | cg.route_costs(routes)
)
partners = cg.evaluate(
    proposals,
    baseline=existing,
    demand=demand,
    villages=villages,
    settlements=hamlets,
    blanks=blanks,
    definition=ANY_SERVICE,
    costs=costs,
    by="operator",
)
print(
    partners[["kind", "people_gained", "hamlets_cleared", "capital_cost_idr", "cost_per_person_idr"]]
    .round(0)
    .to_string()
)
for partner, solved in partners["hamlets"].drop("all together").items():
    print(f"\n{partner}: {', '.join(hamlets.loc[list(solved), 'name'])}")

# %% [markdown]
# ## The map to hand over

# %%
states = cg.find_blank_spots(villages, demand, existing, definition=cg.NO_SIGNAL)
page = cg.gap_map(
    villages,
    states,
    hamlets=blanks,
    towers=towers,
    poles=poles,
    gateways=gateways,
    routes=routes,
    proposals=pd.concat([proposed, sites.rename_axis("proposal_id").assign(kind="tower").iloc[1:]]),
    signal=gpd.GeoDataFrame(demand.assign(level=existing.best_level(("2G", "4G")))),
    terrain=terrain,
    title="Pegunungan dan mitra (FIKTIF)",
    definition=cg.NO_SIGNAL,
    sources=[path.name for path in inputs.values()],
    assumptions=existing.assumptions,
    fictional=True,
)
page.save(FOLDER / "map.html")

# %%
by_office = set(blank.index)
assert len(points) == 39
assert len(blank) == 39
assert len(hamlets) == 215
assert len(places) == 216  # one listed hamlet could not be located
assert set(partners.index) == {"Icon Plus", "Telkomsel", "Yayasan Pelita Rekaan", "all together"}
assert all(set(solved) <= by_office for solved in partners["hamlets"])
assert (partners["hamlets_cleared"] > 0).all()
assert set(partners.loc["all together", "hamlets"]) >= set(partners.loc["Icon Plus", "hamlets"])
