# %% [markdown]
# # A flat coast: village status by provider, and what PLN's poles reach
#
# A district office has listed, village by village, who provides internet: 38 villages have none, 7 have fibre on PLN's
# poles (Icon Plus), 3 have a tower that is in trouble, 14 have another provider and 2 are not on the list, as in Bangka
# Barat in November 2021. Which of the villages without internet do the poles reach, how far, and at what cost?
#
# **The district is fictional**: boundaries, people, poles, towers and the list are made by a program.

# %%
from pathlib import Path

import coverage_geo as cg

FOLDER = Path("coverage_geo_examples/flat_coast")
COUNTS = {"none": 38, "icon": 7, "trouble": 3, "other": 14, "unknown": 2}
district = cg.make_district(
    relief="coast",
    village_count=64,
    width_km=50,
    hamlets=260,
    people=217_859,
    reported_counts=COUNTS,
    seed=11,
)
inputs = cg.write_district(district, FOLDER / "inputs")

# %% [markdown]
# ## Read the files as a planner gets them
# Readers mend what is safe to mend, list it, and refuse the rest with row, column and remedy.

# %%
villages = cg.read_villages(inputs["villages.gpkg"])
status = cg.read_reported_status(inputs["reported_status.csv"], villages=villages)
poles = cg.read_pole_lines(inputs["poles.gpkg"], study_area=villages)
gateways = cg.read_gateways(inputs["gateways.csv"], study_area=villages)
towers = cg.read_towers(inputs["towers.csv"], study_area=villages)
terrain = cg.read_terrain(inputs["terrain.tif"], study_area=villages)
demand = cg.demand_points(villages, population=cg.read_raster(inputs["population.tif"], study_area=villages))
print(cg.repairs(status)[["row", "column", "action", "before", "after"]].to_string(index=False))

# %% [markdown]
# ## The state of each village
# Only the list speaks here: there is no measured or modelled signal in it. A tower in trouble does not serve, so its three
# villages are blank too; the two villages that are not on the list stay unknown.

# %%
blanks = cg.find_blank_spots(
    villages, demand, None, definition=cg.NO_INTERNET, reported=status, evidence="reported"
)
print(cg.NO_INTERNET)
print(blanks["state"].value_counts().to_string())

# %% [markdown]
# ## What the poles reach
# PLN's data is mended first. Then one cable network is sought for all blank villages together: what several of them use is
# paid once, and the gap says how much cheaper another network could be at most.

# %%
graph = cg.build_pole_graph(poles, villages=villages)
print(cg.repairs(graph)["what"].value_counts().to_string())
network = cg.shared_network(graph, gateways=gateways, targets=blanks, max_drop_m=500)
lost = network.routes[network.routes["reason"].notna()]
reached = network.routes.drop(lost.index)
print(f"{len(reached)} of {len(blanks[blanks['state'] == 'blank'])} blank villages have a route,", end=" ")
print(f"{reached['poles_used'].median():.0f} poles each")
print(
    f"Rp {network.capital_cost_idr / 1e9:.1f} bn together, at most {network.gap:.1%} from the least;", end=" "
)
print(f"Rp {reached['capital_cost_idr'].sum() / 1e9:.1f} bn if each paid its own")
print(lost[["name", "reason", "reason_number", "reason_unit"]].to_string(index=False))

# %% [markdown]
# ## Beyond the light
# Where light ends short of a village an active node takes over. It stands at a pole and needs power.

# %%
lit = cg.shared_network(graph, gateways=gateways, targets=blanks, max_drop_m=500, active_nodes=True)
routes = lit.routes.assign(operator="Icon Plus")
costs = cg.route_costs(routes)
nodes = cg.list_active_nodes(routes, graph=graph)
more = lit.capital_cost_idr - network.capital_cost_idr
print(
    f"{routes['reason'].isna().sum()} villages with {len(nodes)} active nodes, for Rp {more / 1e9:.1f} bn more"
)
print(nodes[["pole_id", "places", "capital_cost_idr", "yearly_cost_idr"]].to_string())

# %% [markdown]
# ## What that would change

# %%
cable = cg.fibre_coverage(routes, demand, max_drop_m=500)
change = cg.evaluate(
    cable,
    baseline=cg.Coverage.none(demand.index),
    demand=demand,
    villages=villages,
    blanks=blanks,
    definition=cg.NO_INTERNET,
    costs=costs,
    by="operator",
)
print(
    change[["people_gained", "villages_cleared", "capital_cost_idr", "cost_per_person_idr"]]
    .round(0)
    .to_string()
)

# %% [markdown]
# ## The map to hand over
# One file that opens without a network. It says definition, sources and that the district is fictional.

# %%
page = cg.gap_map(
    villages,
    blanks,
    towers=towers,
    poles=poles,
    gateways=gateways,
    routes=routes,
    terrain=terrain,
    title="Pesisir datar (FIKTIF)",
    definition=cg.NO_INTERNET,
    sources=[path.name for path in inputs.values()],
    assumptions=cable.assumptions + costs.assumptions,
    fictional=True,
)
page.save(FOLDER / "map.html")

# %%
states = blanks["state"].value_counts()
reported = status.drop_duplicates("village_id")["state"].value_counts()
assert len(villages) == 64
assert states["blank"] == COUNTS["none"] + COUNTS["trouble"]
assert states["served"] == COUNTS["icon"] + COUNTS["other"]
assert states["unknown"] == COUNTS["unknown"]
assert reported["trouble"] == COUNTS["trouble"]
assert blanks["providers"].str.contains("Icon").sum() == COUNTS["icon"]
assert cg.people_account(demand).total == 217_859
assert len(routes) == 41
assert len(reached) >= 30
assert network.capital_cost_idr < reached["capital_cost_idr"].sum()
assert routes["reason"].isna().sum() > len(reached)
assert not network.by_clock
assert network.gap < 0.05
