"""What the symbols stand for that `path_loss_db(..., intermediates=True)` answers with, and their units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from coverage_geo.radio.path_loss import ItuP1812, chosen_model
from coverage_geo.radio.second_opinions import Itm, LineOfSight, WithEndClutter

if TYPE_CHECKING:
    from coverage_geo.radio.path_loss import PathLossModel

# symbol: unit, meaning
LOSSES = {
    "L_bfs": ("dB", "loss in free space"),
    "L_b": ("dB", "basic transmission loss: the result"),
}
P1812 = {
    "d": ("km", "length of the path"),
    "d_lt": ("km", "from the transmitter to its horizon"),
    "d_lr": ("km", "from the receiver to its horizon"),
    "theta_t": ("mrad", "elevation of the transmitter's horizon"),
    "theta_r": ("mrad", "elevation of the receiver's horizon"),
    "theta": ("mrad", "angular distance: the angle between the rays to both horizons"),
    "h_ts": ("m", "transmitting antenna above sea level"),
    "h_rs": ("m", "receiving antenna above sea level"),
    "h_st": ("m", "smooth surface below the transmitter, above sea level: the line that fits best"),
    "h_sr": ("m", "smooth surface below the receiver, above sea level"),
    "h_std": ("m", "smooth surface below the transmitter as diffraction takes it, never above the terrain"),
    "h_srd": ("m", "smooth surface below the receiver as diffraction takes it"),
    "h_te": ("m", "effective height of the transmitting antenna, above the smooth surface"),
    "h_re": ("m", "effective height of the receiving antenna, above the smooth surface"),
    "h_m": ("m", "roughness: how far the terrain rises above the smooth surface"),
    "omega": ("1", "share of the path over sea, 0 to 1"),
    "d_tm": ("km", "longest continuous stretch over land, inland and coastal"),
    "d_lm": ("km", "longest continuous stretch inland"),
    "beta0": ("%", "share of the time in which the air bends signals unusually far"),
    "a_e": ("km", "effective Earth radius, median"),
    "F_i": ("1", "interpolation by time: 0 at the median, 1 at beta0"),
    "F_j": ("1", "interpolation by angle: 1 in line of sight, 0 beyond the horizon"),
    "F_k": ("1", "interpolation by length of the path: 1 near, 0 far, where ducting may carry"),
    "L_bfs": LOSSES["L_bfs"],
    "L_b0p": ("dB", "loss in free space with focusing, not exceeded for the wanted share of the time"),
    "L_b0beta": ("dB", "loss in free space with focusing, not exceeded for beta0 of the time"),
    "L_bulla50": ("dB", "Bullington diffraction over the real terrain, median Earth radius"),
    "L_bulls50": ("dB", "Bullington diffraction over the smooth surface, median Earth radius"),
    "L_dsph50": ("dB", "diffraction over a spherical Earth, median Earth radius"),
    "L_bullabeta": ("dB", "Bullington diffraction over the real terrain, at beta0"),
    "L_bullsbeta": ("dB", "Bullington diffraction over the smooth surface, at beta0"),
    "L_dsphbeta": ("dB", "diffraction over a spherical Earth, at beta0"),
    "L_d50": ("dB", "diffraction over terrain and curved Earth, median"),
    "L_dbeta": ("dB", "diffraction over terrain and curved Earth, at beta0"),
    "L_dp": ("dB", "diffraction not exceeded for the wanted share of the time"),
    "L_bd50": ("dB", "loss with diffraction, median"),
    "L_bd": ("dB", "loss with diffraction, for the wanted share of the time"),
    "L_minb0p": ("dB", "least loss in line of sight, with diffraction over sea"),
    "L_ba": ("dB", "loss by ducting and reflection from layers"),
    "L_minbap": ("dB", "the larger of ducting and free space, joined smoothly"),
    "L_bda": ("dB", "loss with diffraction, eased by ducting"),
    "L_bam": ("dB", "loss of all but scatter"),
    "L_bs": ("dB", "loss by scatter in the troposphere"),
    "L_bc": ("dB", "all mechanisms together, at the median location"),
    "L_b": LOSSES["L_b"],
    "E_p": ("dB(µV/m)", "field strength for 1 kW effective radiated power"),
}
ITM = {
    "L_b": LOSSES["L_b"],
    "L_bfs": LOSSES["L_bfs"],
    "A_ref": ("dB", "reference attenuation over free space, before variability"),
    "A": ("dB", "attenuation over free space at the wanted shares of time, locations and situations"),
    "d": ("m", "length of the path"),
    "h_t": ("m", "transmitting antenna above ground"),
    "h_r": ("m", "receiving antenna above ground"),
    "he_t": ("m", "effective height of the transmitting antenna"),
    "he_r": ("m", "effective height of the receiving antenna"),
    "dl_t": ("m", "from the transmitter to its horizon"),
    "dl_r": ("m", "from the receiver to its horizon"),
    "theta_t": ("rad", "elevation of the transmitter's horizon"),
    "theta_r": ("rad", "elevation of the receiver's horizon"),
    "delta_h": ("m", "irregularity of the terrain"),
    "N_s": ("N-units", "refractivity at the ground"),
    "gamma_e": ("1/m", "effective curvature of the Earth"),
}
SIGHT = {
    **LOSSES,
    "clearance": ("1", "least clear share of the first Fresnel zone's radius, below 0 when obstructed"),
}
STATISTICAL = {"L_ctt": ("dB", "loss to clutter around the receiver, in L_b: of any town or suburb")}
REPRESENTATIVE = {"A_h": ("dB", "loss to clutter around the receiver, in L_b: of its height and kind")}
OF_MODEL: dict[type, dict[str, tuple[str, str]]] = {ItuP1812: P1812, Itm: ITM, LineOfSight: SIGHT}


def symbols(model: PathLossModel | None = None) -> pd.DataFrame:
    """Unit and meaning of each symbol that a path-loss model's intermediate values go by.

    Parameters
    ----------
    model
        A path-loss model; ITU-R P.1812-8 when not given.

    Returns
    -------
    pandas.DataFrame
        Index symbol, in the order of computation; columns unit ("1" for plain numbers) and meaning.

    References
    ----------
    ITU-R P.1812-8, Annex 1; NTIA ITM, version 1.2.2; ITU-R P.2108-1.

    Examples
    --------
    >>> table = symbols()
    >>> table.loc["omega"].tolist()
    ['1', 'share of the path over sea, 0 to 1']
    >>> table.loc["theta_t", "unit"], symbols(Itm()).loc["theta_t", "unit"]
    ('mrad', 'rad')
    """
    chosen = chosen_model(model)
    own: dict[str, tuple[str, str]] = {}
    if isinstance(chosen, WithEndClutter):
        own = STATISTICAL if chosen.surroundings == "statistical" else REPRESENTATIVE
        chosen = chosen.model
    rows = OF_MODEL.get(type(chosen), LOSSES) | own
    return pd.DataFrame.from_dict(rows, orient="index", columns=["unit", "meaning"]).rename_axis("symbol")
