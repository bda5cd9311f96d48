// Draws the JSON block of the page. Text reaches the page through textContent only.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const words = data.words || {};
  const map = window[document.querySelector(".folium-map").id];
  const bounds = L.latLngBounds(data.bounds);
  const narrow = () => window.innerWidth <= 640;

  // Elements ------------------------------------------------------------------------------------

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null) made.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null) made.append(child); // append() makes text nodes of strings
    }
    return made;
  }

  function drawing(tag, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // Coordinates ---------------------------------------------------------------------------------

  const PER_DEGREE = 100000;

  // All vertices, nested as `sizes` says.
  function unpack({ steps, sizes }) {
    let items = [];
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
      items.push(new L.LatLng((y += steps[i + 1]) / PER_DEGREE, (x += steps[i]) / PER_DEGREE));
    }
    for (const counts of sizes) {
      let from = 0;
      items = counts.map((count) => items.slice(from, (from += count)));
    }
    return items;
  }

  // All vertices on the Mercator unit square, as x, y, x, y, ...
  function unpackFlat({ steps }) {
    const flat = new Float64Array(steps.length);
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      const sine = Math.sin((y / PER_DEGREE) * (Math.PI / 180));
      flat[i] = x / PER_DEGREE / 360 + 0.5;
      flat[i + 1] = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
    }
    return flat;
  }

  // Symbols -------------------------------------------------------------------------------------

  const OUTLINES = {
    triangle: [[0, -1.15], [1, 0.75], [-1, 0.75]],
    "triangle-down": [[0, 1.15], [1, -0.75], [-1, -0.75]],
    square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
    diamond: [[0, -1.1], [1.1, 0], [0, 1.1], [-1.1, 0]],
    bolt: [[0.35, -1.2], [-0.75, 0.2], [-0.05, 0.2], [-0.35, 1.2], [0.75, -0.3], [0.1, -0.3]],
  };

  function tracePoint(context, symbol, x, y, size) {
    context.beginPath();
    const outline = OUTLINES[symbol];
    if (!outline) {
      context.arc(x, y, size, 0, 2 * Math.PI);
      return;
    }
    for (const [dx, dy] of outline) context.lineTo(x + dx * size, y + dy * size);
    context.closePath();
  }

  let hatch = null;
  function hatching(colour) {
    if (hatch) return hatch;
    const tile = element("canvas", { width: 8, height: 8 });
    const context = tile.getContext("2d");
    context.fillStyle = "rgba(255,255,255,0.55)";
    context.fillRect(0, 0, 8, 8);
    context.strokeStyle = colour;
    context.lineWidth = 1.6;
    for (const shift of [-8, 0, 8]) {
      context.beginPath();
      context.moveTo(shift - 1, 9);
      context.lineTo(shift + 9, -1);
      context.stroke();
    }
    hatch = context.createPattern(tile, "repeat");
    return hatch;
  }

  // Symbols shrink when many places share a small picture.
  const symbolScale = () => Math.min(1, Math.max(0.6, 1 + (map.getZoom() - 10.5) * 0.25));

  const Mark = L.CircleMarker.extend({
    _updatePath() {
      if (!this._renderer._drawing || this._empty()) return;
      const context = this._renderer._ctx;
      tracePoint(context, this.options.symbol, this._point.x, this._point.y, this._radius * symbolScale());
      this._renderer._fillStroke(context, this);
    },
  });

  // A line on a white casing, so that it shows on every ground.
  const CasedLine = L.Polyline.extend({
    _updatePath() {
      const own = this.options;
      this.options = { ...own, color: "#ffffff", opacity: 0.85, weight: own.weight + 2.6, _dashArray: null };
      this._renderer._updatePoly(this);
      this.options = own;
      this._renderer._updatePoly(this);
    },
  });

  // Thousands of points or lines as one path on the map's canvas.
  const Quiet = L.Path.extend({
    initialize(geometry, lines, style) {
      L.setOptions(this, { interactive: false });
      this._flat = unpackFlat(geometry);
      this._sizes = lines ? geometry.sizes[0] : null;
      this._style = style;
    },
    _project() {
      const size = L.point(1e9, 1e9);
      this._pxBounds = L.bounds(size.multiplyBy(-1), size);
    },
    _update() {
      this._updatePath();
    },
    _empty: () => false,
    _containsPoint: () => false,
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing) return;
      const context = renderer._ctx;
      const origin = this._map.getPixelOrigin();
      const scale = 256 * 2 ** this._map.getZoom();
      context.globalAlpha = 1;
      context.setLineDash([]);
      if (this._sizes) this._traceLines(context, renderer._bounds, scale, origin);
      else this._fillPoints(context, renderer._bounds, scale, origin);
    },
    _traceLines(context, view, scale, origin) {
      const flat = this._flat;
      context.beginPath();
      for (let line = 0, i = 0; line < this._sizes.length; line++) {
        const end = i + 2 * this._sizes[line];
        let east = -Infinity, west = Infinity, south = -Infinity, north = Infinity;
        for (let j = i; j < end; j += 2) {
          west = Math.min(west, flat[j]);
          east = Math.max(east, flat[j]);
          north = Math.min(north, flat[j + 1]);
          south = Math.max(south, flat[j + 1]);
        }
        const seen = east * scale - origin.x >= view.min.x && west * scale - origin.x <= view.max.x &&
          south * scale - origin.y >= view.min.y && north * scale - origin.y <= view.max.y;
        if (seen) context.moveTo(flat[i] * scale - origin.x, flat[i + 1] * scale - origin.y);
        for (let j = i + 2; seen && j < end; j += 2) {
          context.lineTo(flat[j] * scale - origin.x, flat[j + 1] * scale - origin.y);
        }
        i = end;
      }
      context.lineWidth = this._style.size;
      context.strokeStyle = this._style.stroke;
      context.lineJoin = context.lineCap = "round";
      context.stroke();
    },
    _fillPoints(context, view, scale, origin) {
      const flat = this._flat;
      const zoom = this._map.getZoom();
      const size = this._style.size * (zoom < 11 ? 1 : zoom < 14 ? 1.4 : 2.4);
      const width = Math.ceil(view.max.x - view.min.x) + 1;
      const taken = new Uint8Array(width * (Math.ceil(view.max.y - view.min.y) + 1));
      context.fillStyle = this._style.stroke;
      for (let i = 0; i < flat.length; i += 2) {
        const x = flat[i] * scale - origin.x;
        const y = flat[i + 1] * scale - origin.y;
        if (x < view.min.x || y < view.min.y || x > view.max.x || y > view.max.y) continue;
        const pixel = Math.floor(y - view.min.y) * width + Math.floor(x - view.min.x);
        if (taken[pixel]) continue;
        taken[pixel] = 1;
        context.fillRect(x - size / 2, y - size / 2, size, size);
      }
    },
  });

  // Where symbols stand, so that names keep clear of them; nowhere when they are too many to care.
  function marksShown() {
    const marks = layers.filter(({ group }) => map.hasLayer(group)).flatMap(({ group }) => group.getLayers());
    const points = marks.filter((one) => one instanceof Mark && one._point).map((one) => one._point);
    return points.length > 3000 ? [] : points;
  }

  // Names of areas, where there is room for them.
  const Names = L.Path.extend({
    initialize(areas) {
      L.setOptions(this, { interactive: false });
      this._areas = areas;
    },
    _project: Quiet.prototype._project,
    _update: Quiet.prototype._update,
    _empty: () => false,
    _containsPoint: () => false,
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing) return;
      const context = renderer._ctx;
      const taken = marksShown().map(({ x, y }) => L.bounds([x - 5, y - 5], [x + 5, y + 5]));
      context.globalAlpha = 1;
      context.setLineDash([]);
      context.font = "600 11px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineWidth = 3;
      context.lineJoin = "round";
      context.strokeStyle = "rgba(255,255,255,0.85)";
      context.fillStyle = "#222222";
      for (const area of this._areas) {
        const room = area._pxBounds.getSize();
        if (room.x < 24 || room.y < 16 || !renderer._bounds.intersects(area._pxBounds)) continue;
        const at = this._map.latLngToLayerPoint(area.anchor);
        const half = context.measureText(area.about.name).width / 2 + 3;
        if (2 * half > 1.2 * room.x || !renderer._bounds.contains(at)) continue;
        for (const y of [at.y, at.y - 13, at.y + 13]) {
          const box = L.bounds([at.x - half, y - 7], [at.x + half, y + 7]);
          if (taken.some((other) => other.overlaps(box))) continue;
          taken.push(box);
          context.strokeText(area.about.name, at.x, y);
          context.fillText(area.about.name, at.x, y);
          break;
        }
      }
    },
  });

  // Layers --------------------------------------------------------------------------------------

  const places = []; // everything that has a name: {name, noun, state, layer}

  function featureLayer(kind, coordinates, style) {
    if (kind === "areas") {
      return L.polygon(coordinates, {
        stroke: false, fillOpacity: style.opacity, fillColor: style.hatch ? hatching(style.fill) : style.fill,
      });
    }
    if (kind === "lines") {
      return new CasedLine(coordinates, { color: style.stroke, weight: style.size, dashArray: style.dash || null });
    }
    const ring = style.symbol === "ring";
    return new Mark(coordinates, {
      symbol: style.symbol, radius: style.size, color: style.stroke, weight: ring ? 3 : 1.4,
      fillColor: style.fill, fillOpacity: ring ? 0.15 : 1,
    });
  }

  function addFeatures(group, layer, part) {
    const anchors = part.anchors ? unpack(part.anchors) : [];
    unpack(part.geometry).forEach((coordinates, row) => {
      const legendClass = layer.classes[part.of[row]];
      const feature = featureLayer(part.kind, coordinates, legendClass.style);
      feature.about = { layer, legendClass, name: part.names[row], values: part.values[row] };
      feature.anchor = anchors[row] || [coordinates].flat(Infinity)[0];
      group.addLayer(feature);
      if (layer.noun) places.push({ name: part.names[row], noun: layer.noun, group, feature });
    });
  }

  function build(layer) {
    const group = L.featureGroup();
    for (const part of layer.parts) {
      if (part.kind === "picture") group.addLayer(L.imageOverlay(part.picture.url, part.picture.corners));
      else if (part.kind === "dots" || part.kind === "strings") {
        group.addLayer(new Quiet(part.geometry, part.kind === "strings", layer.classes[part.of[0]].style));
      } else addFeatures(group, layer, part);
    }
    group.bindTooltip((feature) => tooltip(feature.about), { sticky: true, className: "tip" });
    group.bindPopup((feature) => popup(feature.about), { maxWidth: 320, minWidth: 180 });
    return group;
  }

  // The rings of the villages as lines, drawn once for both neighbours' sake.
  function borders({ layer }) {
    const style = { stroke: "rgba(61,61,61,0.75)", size: 0.9 };
    return L.featureGroup(layer.parts.map((part) => new Quiet(part.geometry, true, style)));
  }

  function names({ group }) {
    return L.featureGroup([new Names(group.getLayers())]);
  }

  function said({ layer, legendClass }) {
    return layer.classes.length > 1 || !layer.noun ? legendClass.label : layer.noun;
  }

  function tooltip(about) {
    return element("div", {}, element("strong", {}, about.name), element("span", {}, said(about)));
  }

  function popup(about) {
    const rows = about.layer.labels
      .map((label, column) => [label, about.values[column]])
      .filter(([, value]) => value !== null)
      .map(([label, value]) => element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, value)));
    return element("div", { class: "about" },
      element("h2", {}, about.name),
      element("p", {}, about.layer.noun || about.legendClass.label),
      element("table", {}, element("tbody", {}, rows)));
  }

  // Legend --------------------------------------------------------------------------------------

  function swatch(style) {
    const svg = drawing("svg", { width: 26, height: 16, viewBox: "-13 -8 26 16", "aria-hidden": "true" });
    if (style.symbol === "area") {
      svg.append(drawing("rect", {
        x: -10, y: -6, width: 20, height: 12, stroke: style.stroke, "stroke-width": 0.9,
        fill: style.hatch ? "#ffffff" : style.fill, "fill-opacity": style.hatch ? 1 : style.opacity,
      }));
      for (const x of style.hatch ? [-10, -5, 0, 5] : []) {
        svg.append(drawing("line", { x1: x, y1: 6, x2: x + 5, y2: -6, stroke: style.fill, "stroke-width": 1.4 }));
      }
    } else if (style.symbol === "line" || style.symbol === "pole line") {
      svg.append(drawing("line", {
        x1: -11, y1: 0, x2: 11, y2: 0, stroke: style.stroke, "stroke-width": style.size,
        "stroke-dasharray": style.dash || "none",
      }));
    } else if (style.symbol === "dots") {
      for (const x of [-6, 0, 6]) {
        svg.append(drawing("rect", { x: x - 2, y: -2, width: 4, height: 4, fill: style.stroke }));
      }
    } else {
      const ring = style.symbol === "ring";
      const outline = OUTLINES[style.symbol];
      const size = Math.min(style.size, 6);
      const shape = outline
        ? drawing("polygon", { points: outline.map(([x, y]) => `${x * size},${y * size}`).join(" ") })
        : drawing("circle", { r: size });
      shape.setAttribute("fill", style.fill);
      shape.setAttribute("fill-opacity", ring ? 0.15 : 1);
      shape.setAttribute("stroke", style.stroke === "#ffffff" ? "#8a8a8a" : style.stroke);
      shape.setAttribute("stroke-width", ring ? 2 : 1);
      svg.append(shape);
    }
    return svg;
  }

  function legendLayer({ layer, group }) {
    const box = element("input", { type: "checkbox", id: `show-${layer.id}`, checked: layer.shown });
    box.addEventListener("change", () => {
      if (box.checked) group.addTo(map);
      else group.remove();
      stack();
    });
    const single = layer.classes.length === 1 && layer.classes[0].label === layer.name;
    const head = element("label", { class: "layer", for: box.id }, box,
      single ? swatch(layer.classes[0].style) : null, element("span", {}, layer.name),
      single ? element("small", {}, layer.classes[0].count) : null);
    if (single) return element("li", {}, head);
    const rows = layer.classes.map(({ label, count, style }) =>
      element("li", {}, swatch(style), element("span", {}, label), element("small", {}, count)));
    return element("li", { class: rows.length ? null : "ground" }, head,
      rows.length ? element("ul", { class: "classes" }, rows) : null);
  }

  // What the map is about comes first, its ground last.
  const LEGEND_ORDER = ["villages", "hamlets", "signal", "measurements", "residuals", "proposals", "routes", "gateways",
    "towers", "poles", "repairs", "conflicts", "names", "borders", "terrain"];
  const inLegendOrder = (one, other) => LEGEND_ORDER.indexOf(one.layer.id) - LEGEND_ORDER.indexOf(other.layer.id);

  function fold(heading, open, ...children) {
    return element("details", { open }, element("summary", {}, heading), children);
  }

  function list(items) {
    return element("ul", { class: "lines" }, items.map((item) => element("li", {}, item)));
  }

  function legend(layers) {
    const head = element("header", {},
      element("h1", {}, data.title),
      data.fictional ? element("p", { class: "fictional" }, words.fictional) : null);
    const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words.legend },
      data.people ? element("p", { class: "people" }, data.people) : null,
      fold(words.definition, true, element("p", {}, data.definition)),
      element("ul", { class: "layers" }, [...layers].sort(inLegendOrder).map(legendLayer)),
      data.sources.length ? fold(words.sources, true, list(data.sources)) : null,
      data.assumptions.length
        ? fold(`${words.assumptions} (${data.assumptions.length})`, false, list(data.assumptions)) : null,
      data.notes.length
        ? fold(`${words.notes} (${data.notes.length})`, false,
          data.notes.map((note) => fold(note.text, false, list(note.items)))) : null,
      element("p", { class: "made" }, data.made_with));
    const body = element("div", { class: "body", id: "legend-body" }, head, scroll);
    const button = element("button", { type: "button", class: "fold", "aria-controls": "legend-body" });
    const panel = element("aside", { id: "legend", "aria-label": words.legend }, button, body);
    const show = (open) => {
      panel.classList.toggle("closed", !open);
      body.hidden = !open;
      button.textContent = open ? "×" : words.legend;
      button.setAttribute("aria-label", open ? words.hide_legend : words.show_legend);
      button.setAttribute("aria-expanded", String(open));
      keepPopupsClear();
    };
    button.addEventListener("click", () => show(body.hidden));
    document.body.append(panel);
    show(!narrow());
  }

  // Search --------------------------------------------------------------------------------------

  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

  function findPlaces(text) {
    const wanted = plain(text.trim());
    if (!wanted) return [];
    return places
      .map((place) => [plain(place.name).indexOf(wanted), place])
      .filter(([at]) => at >= 0)
      .sort(([a, one], [b, other]) => a - b || one.name.length - other.name.length)
      .slice(0, 8)
      .map(([, place]) => place);
  }

  // As if clicked: the group's popup opens for this feature.
  function go({ group, feature }) {
    if (!map.hasLayer(group)) document.getElementById(`show-${feature.about.layer.id}`).click();
    if (feature.getBounds) map.fitBounds(feature.getBounds(), { maxZoom: 14, padding: [40, 40], animate: false });
    else map.setView(feature.anchor, Math.max(map.getZoom(), 14), { animate: false });
    feature.fire("click", { latlng: feature.anchor }, true);
  }

  function search() {
    const box = element("input", {
      type: "search", id: "search", placeholder: words.search, "aria-label": words.search, autocomplete: "off",
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "found",
    });
    const found = element("ul", { id: "found", role: "listbox", "aria-label": words.search, hidden: true });
    let results = [];
    let chosen = -1;

    function mark(position) {
      chosen = position;
      [...found.children].forEach((row, number) => row.setAttribute("aria-selected", String(number === chosen)));
      if (chosen >= 0) box.setAttribute("aria-activedescendant", `found-${chosen}`);
      else box.removeAttribute("aria-activedescendant");
    }
    function close() {
      found.hidden = true;
      box.setAttribute("aria-expanded", "false");
      mark(-1);
    }
    function choose(position) {
      const place = results[position];
      if (!place) return;
      box.value = place.name;
      close();
      go(place);
    }
    function update() {
      results = findPlaces(box.value);
      const rows = results.map((place, number) => {
        const row = element("li", { role: "option", id: `found-${number}` },
          element("span", {}, place.name), element("small", {}, place.noun));
        row.addEventListener("mousedown", (event) => event.preventDefault());
        row.addEventListener("click", () => choose(number));
        return row;
      });
      const nothing = box.value.trim() && !rows.length;
      found.replaceChildren(...(nothing ? [element("li", { class: "nothing" }, words.no_match)] : rows));
      found.hidden = !box.value.trim();
      box.setAttribute("aria-expanded", String(!found.hidden));
      mark(rows.length ? 0 : -1);
    }
    box.addEventListener("input", update);
    box.addEventListener("focus", () => box.value && update());
    box.addEventListener("blur", close);
    box.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && results.length) {
        mark((chosen + step + results.length) % results.length);
        event.preventDefault();
      } else if (event.key === "Enter") choose(chosen);
      else if (event.key === "Escape") close();
    });
    document.body.append(element("div", { class: "search", role: "search" }, box, found));
  }

  // Controls ------------------------------------------------------------------------------------

  function button(name, path, act) {
    const icon = drawing("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" });
    icon.append(drawing("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.8 }));
    const made = element("button", { type: "button", title: name, "aria-label": name }, icon);
    made.addEventListener("click", act);
    return made;
  }

  const Buttons = L.Control.extend({
    onAdd() {
      const bar = element("div", { class: "leaflet-bar buttons" },
        button(words.whole_area, "M2 7.5 8 2l6 5.5M4 6.5V14h8V6.5", () => whole()),
        document.fullscreenEnabled
          ? button(words.full_screen, "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4", () => {
            if (document.fullscreenElement) document.exitFullscreen();
            else document.documentElement.requestFullscreen();
          }) : null);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    },
  });

  // Width at the right that the open legend takes.
  function covered() {
    const panel = document.getElementById("legend");
    return panel && !panel.classList.contains("closed") && !narrow() ? panel.offsetWidth + 16 : 0;
  }

  function keepPopupsClear() {
    for (const { group } of layers) {
      if (!group.getPopup()) continue;
      const options = group.getPopup().options;
      options.maxWidth = narrow() ? 270 : 320;
      options.autoPanPaddingTopLeft = narrow() ? [48, 80] : [56, 58];
      options.autoPanPaddingBottomRight = [8 + covered(), 8];
    }
  }

  function whole() {
    map.fitBounds(bounds, {
      paddingTopLeft: [16, 16], paddingBottomRight: [16 + covered(), 16], animate: false,
    });
  }

  function drawPictures() {
    const pictures = layers.filter(({ group }) => map.hasLayer(group)).flatMap(({ group }) => group.getLayers());
    for (const picture of pictures.filter((one) => one instanceof L.ImageOverlay)) {
      const shown = picture.getBounds();
      const corner = map.latLngToLayerPoint(shown.getNorthWest());
      const size = map.latLngToLayerPoint(shown.getSouthEast()).subtract(corner);
      this._ctx.drawImage(picture.getElement(), corner.x, corner.y, size.x, size.y);
    }
  }

  // Paper is smaller than a screen: show the same part of the district there, and go back afterwards.
  function onPaper(printing) {
    const view = map.getBounds();
    const shown = L.latLngBounds(
      [Math.max(view.getSouth(), bounds.getSouth()), Math.max(view.getWest(), bounds.getWest())],
      [Math.min(view.getNorth(), bounds.getNorth()), Math.min(view.getEast(), bounds.getEast())],
    );
    // Browsers print a canvas as drawing steps, and its clearing erases the pictures beneath it on paper; so
    // there the canvas draws them too.
    if (printing) map._renderer._clear = drawPictures;
    else delete map._renderer._clear;
    map.getContainer().classList.toggle("on-paper", printing);
    map.invalidateSize(false);
    const room = printing ? 8 : 16;
    map.fitBounds(shown, {
      paddingTopLeft: [room, room], paddingBottomRight: [room + (printing ? 0 : covered()), room], animate: false,
    });
  }

  // The page ------------------------------------------------------------------------------------

  const layers = [];
  for (const layer of data.layers) {
    const villages = layers.find((one) => one.layer.id === "villages");
    const made = { borders, names }[layer.id];
    layers.push({ layer, group: made ? made(villages) : build(layer) });
  }

  // One canvas draws all; what was added first lies lowest, so keep the given order after a layer returns, and
  // what a folium user added above it.
  function stack() {
    const own = new Set();
    for (const { group } of layers) {
      group.eachLayer((one) => {
        own.add(one);
        if (one instanceof L.Path && map.hasLayer(group)) one.bringToFront();
      });
    }
    map.eachLayer((one) => one instanceof L.Path && !own.has(one) && one.bringToFront());
  }

  map.getContainer().setAttribute("aria-label", data.title || document.title);
  document.title = data.title || document.title;
  map.attributionControl.setPrefix("Leaflet");
  L.control.zoom({ zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
  new Buttons({ position: "topleft" }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  map.on("popupopen", ({ popup: opened }) => {
    for (const { group } of layers) group.closeTooltip();
    const close = opened.getElement().querySelector(".leaflet-popup-close-button");
    if (close) close.setAttribute("aria-label", words.close);
  });
  if (data.title) legend(layers);
  search();
  whole(); // before the layers: each change of zoom projects all of them again
  const added = [];
  map.eachLayer((one) => one instanceof L.Path && added.push(one));
  for (const { layer, group } of layers) if (layer.shown) group.addTo(map);
  if (added.length) stack();
  if (data.fictional) document.body.append(element("p", { class: "banner" }, words.fictional));
  window.addEventListener("beforeprint", () => onPaper(true));
  window.addEventListener("afterprint", () => onPaper(false));
  window.gapMap = { map, layers: Object.fromEntries(layers.map(({ layer, group }) => [layer.id, group])) };
  requestAnimationFrame(() => {
    document.documentElement.dataset.drawn = String(Math.round(performance.now()));
  });
})();
