"""The Grafana dashboard is one that Grafana imports.

The rules are those of Grafana's dashboard JSON model
(https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).
"""

from __future__ import annotations

import re

from alerting.dashboard_file import PANEL_TYPES, WIDTH, dashboard


def test_it_has_what_an_import_needs():
    board = dashboard()
    assert board["title"] and re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", board["uid"])
    assert isinstance(board["schemaVersion"], int) and board["schemaVersion"] >= 36
    assert board.get("id") is None, "an id belongs to one installation"
    assert board["time"].keys() == {"from", "to"}
    assert all(key in board for key in ["tags", "templating", "annotations", "editable", "refresh"])


def test_panels_have_their_own_ids_and_places():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        assert panel["type"] in PANEL_TYPES and panel["title"]
        place = panel["gridPos"]
        assert place.keys() == {"x", "y", "w", "h"}
        assert 0 <= place["x"] and place["x"] + place["w"] <= WIDTH and place["h"] > 0
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, f"{panel['title']} covers another panel"
        taken |= cells


def test_every_query_goes_to_the_chosen_source():
    board = dashboard()
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    for panel in board["panels"]:
        if panel["type"] == "row":
            assert "targets" not in panel and panel["panels"] == []
            continue
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"].keys() == {"defaults", "overrides"}
        references = [target["refId"] for target in panel["targets"]]
        assert len(references) == len(set(references)) > 0
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
            assert set(re.findall(r"\$\{?(\w+)", target["expr"])) <= {"__rate_interval"}
