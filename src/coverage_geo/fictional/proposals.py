"""What somebody asks about: two new towers, a route drawn along the poles, the repair of a faulty tower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from coverage_geo.fictional.grids import stream
from coverage_geo.fictional.reports import FOUNDATION
from coverage_geo.fictional.services import OPERATORS, high_site
from coverage_geo.fictional.signal import USABLE_DBM, guess_rsrp_dbm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coverage_geo.fictional.poles import PoleLine
    from coverage_geo.fictional.relief import Land
    from coverage_geo.rasters import Raster

SITE_REACH_M = 2_500.0
TRIED = 12
HEIGHT_M, MHZ = 52.0, 900.0
USUAL_ROUTE_M = 6_000.0
REPAIR_IDR = 250_000_000.0
COLUMNS = (
    "kind", "name", "partner", "tower_id", "operator", "service", "antenna_height_m", "frequency_mhz",
    "capital_cost_idr",
)  # fmt: skip


class PoleReach:
    """How far every pole is from the gateways along sound pole lines.

    Parameters
    ----------
    lines
        Sound lines.
    gateways
        Where gateways are, shape (k, 2) [m].
    """

    def __init__(self, lines: list[PoleLine], gateways: NDArray[np.float64]) -> None:
        if not lines:
            self.poles, self.metres = np.empty((0, 2)), np.empty(0)
            return
        every = np.concatenate([line.poles for line in lines])
        self.poles, number = np.unique(every, axis=0, return_inverse=True)
        number = number.ravel()
        last = np.cumsum([len(line.poles) for line in lines]) - 1
        span = np.setdiff1d(np.arange(len(every) - 1), last)
        length = np.hypot(*(every[span + 1] - every[span]).T)
        low = np.minimum(number[span], number[span + 1])
        high = np.maximum(number[span], number[span + 1])
        _, once = np.unique(low * len(self.poles) + high, return_index=True)
        shape = (len(self.poles), len(self.poles))
        ends = (low[once].astype(np.int32), high[once].astype(np.int32))
        graph = sparse.csr_array((length[once], ends), shape=shape)
        self._tree = KDTree(self.poles)
        _, starts = self._tree.query(gateways)
        self.metres, self._before, _ = csgraph.dijkstra(
            graph, directed=False, indices=np.unique(starts), min_only=True, return_predecessors=True
        )

    def state(self, places: NDArray[np.float64], drop_m: float = 300.0) -> NDArray[np.object_]:
        """Whether each place has poles "joined" to a gateway, "apart" from all, or "none" within the drop.

        Parameters
        ----------
        places
            Shape (n, 2) [m].
        drop_m
            How near a pole must be.

        Returns
        -------
        numpy.ndarray
            Words, shape (n,).
        """
        if not len(self.poles):
            return np.full(len(places), "none", dtype=object)
        away, nearest = self._tree.query(places)
        joined = np.where(np.isfinite(self.metres[nearest]), "joined", "apart")
        return np.where(away <= drop_m, joined, "none").astype(object)

    def metres_to(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the metres along the poles from the nearest gateway to the pole nearest to each place.

        Parameters
        ----------
        places
            Shape (n, 2) [m].

        Returns
        -------
        numpy.ndarray
            Shape (n,); infinite where no gateway is joined.
        """
        metres: NDArray[np.float64] = self.metres[self._tree.query(places)[1]]
        return metres

    def course(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the poles from the gateway to the place.

        Parameters
        ----------
        place
            Shape (2,) [m].

        Returns
        -------
        numpy.ndarray
            Shape (n, 2) [m], the gateway's pole first.
        """
        here = int(self._tree.query(place)[1])
        poles = [here]
        while self._before[poles[-1]] >= 0:
            poles.append(int(self._before[poles[-1]]))
        return self.poles[poles[::-1]]


def make_proposals(
    land: Land,
    terrain: Raster,
    settlements: gpd.GeoDataFrame,
    truth: pd.DataFrame,
    towers: gpd.GeoDataFrame,
    reach: PoleReach,
    *,
    seed: int,
) -> gpd.GeoDataFrame:
    """Two towers, a drawn route and the repair of each faulty tower, each with a partner.

    Parameters
    ----------
    land, terrain
        The relief, and its heights by pixel.
    settlements
        All hamlets.
    truth
        By hamlet: rsrp_dbm and poles.
    towers
        Standing towers.
    reach
        How far the poles lead.
    seed
        Seed of the district.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tables.PROPOSALS`; as many as there is need for.
    """
    rows = [
        *_new_towers(land, terrain, settlements, truth, towers),
        *_drawn_route(settlements, truth, reach, stream(seed, "proposals")),
        *_repairs(towers),
    ]
    columns = ["proposal_id", *COLUMNS, "geometry"]
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=settlements.crs)
    numbers = ["antenna_height_m", "frequency_mhz", "capital_cost_idr"]
    return table.astype(dict.fromkeys(numbers, float)).set_index("proposal_id").sort_index()


def _new_towers(
    land: Land, terrain: Raster, settlements: gpd.GeoDataFrame, truth: pd.DataFrame, towers: gpd.GeoDataFrame
) -> list[dict[str, object]]:
    """Towers where each gives signal to the most people who have none."""
    blank = settlements[(truth["rsrp_dbm"] < USABLE_DBM).to_numpy()]
    if not len(blank):
        return []
    places, people = blank.get_coordinates().to_numpy(), blank["people"].to_numpy()
    standing = list(towers.get_coordinates().to_numpy())
    most = np.argsort(-people, kind="stable")[:TRIED]
    sites = np.array([high_site(land, places[one], standing, SITE_REACH_M) for one in most])
    masts = pd.DataFrame({"x_m": sites[:, 0], "y_m": sites[:, 1], "height_m": HEIGHT_M, "mhz": MHZ})
    heard = guess_rsrp_dbm(terrain, masts, places) >= USABLE_DBM
    rows: list[dict[str, object]] = []
    for number in range(min(2, len(sites))):
        best = int(np.argmax(heard @ people))
        if not (heard[best] @ people):
            break
        partner = (OPERATORS[0], FOUNDATION)[number]
        rows.append(
            {
                "proposal_id": f"USUL-MENARA-{number + 1}",
                "kind": "tower",
                "name": f"Menara baru {blank['name'].iloc[most[best]]}",
                "partner": partner,
                "operator": OPERATORS[0],
                "service": "4G",
                "antenna_height_m": HEIGHT_M,
                "frequency_mhz": MHZ,
                "geometry": shapely.Point(sites[best]),
            }
        )
        people = people * ~heard[best]
    return rows


def _drawn_route(
    settlements: gpd.GeoDataFrame, truth: pd.DataFrame, reach: PoleReach, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Route along the poles to a large hamlet without signal and not too far, drawn by hand."""
    blank = settlements[((truth["rsrp_dbm"] < USABLE_DBM) & (truth["poles"] == "joined")).to_numpy()]
    if not len(blank):
        blank = settlements[(truth["poles"] == "joined").to_numpy()]
    if not len(blank):
        return []
    places = blank.get_coordinates().to_numpy()
    part = reach.metres_to(places) / USUAL_ROUTE_M
    worth = blank["people"].to_numpy() * part * np.exp(-part)
    target = blank.iloc[int(np.argmax(worth))]
    course = reach.course(places[int(np.argmax(worth))])
    if len(course) < 3:
        return []
    drawn = shapely.get_coordinates(shapely.LineString(course).simplify(4.0))
    drawn = (drawn + rng.uniform(-2.5, 2.5, drawn.shape)).round(1)
    return [
        {
            "proposal_id": "USUL-RUTE-1",
            "kind": "route",
            "name": f"Kabel ke {target['name']}",
            "partner": "Icon Plus",
            "operator": "Icon Plus",
            "service": None,
            "geometry": shapely.LineString(drawn),
        }
    ]


def _repairs(towers: gpd.GeoDataFrame) -> list[dict[str, object]]:
    faulty = towers[towers["status"] == "faulty"]
    return [
        {
            "proposal_id": f"USUL-PERBAIKAN-{number + 1}",
            "kind": "repair",
            "name": f"Perbaikan {name}",
            "partner": operator,
            "tower_id": tower_id,
            "operator": operator,
            "capital_cost_idr": REPAIR_IDR,
            "geometry": point,
        }
        for number, (tower_id, name, operator, point) in enumerate(
            zip(faulty.index, faulty["name"], faulty["operator"], faulty.geometry, strict=True)
        )
    ]
