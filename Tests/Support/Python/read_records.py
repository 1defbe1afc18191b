"""Reads what `progressbus export` writes for other systems, with their libraries.

usage: read_records.py statements|grades      reads lines of JSON from standard input; fails at what is not as it must be
"""

import json
import sys

lines = [json.loads(line) for line in sys.stdin if line.startswith("{")]
if sys.argv[1] == "statements":
    from ralph.models.xapi.base.statements import BaseXapiStatement

    for line in lines:
        BaseXapiStatement.model_validate(line)
    ids = [line["id"] for line in lines]
    assert len(set(ids)) == len(ids) == 6, ids
    assert {line["actor"]["account"]["homePage"] for line in lines} == {"https://school.example"}, lines
    cell = next(line for line in lines if line["verb"]["id"].endswith("/interacted"))
    assert cell["object"]["id"] == "https://school.example/courses/py%20101/notebooks/week1%2Fa.ipynb/cells/c%2F1", cell
    assert (cell["result"]["success"], cell["result"]["duration"]) == (False, "PT1.50025S"), cell
    check = next(line for line in lines if line["verb"]["id"].endswith("/answered"))
    assert check["result"] == {"success": False, "score": {"raw": 1, "min": 0, "max": 4, "scaled": 0.25}}, check
else:
    from pylti1p3.grade import Grade
    from pylti1p3.lineitem import LineItem

    columns = {line["lineItem"]["resourceId"]: line["lineItem"] for line in lines if "lineItem" in line}
    assert list(columns) == ["week1/a.ipynb#q1", "week1/a.ipynb#q2"], columns
    for column in columns.values():
        # What a tool's library sends for the same column.
        assert json.loads(LineItem(column).get_value()) == column, column
    assert columns["week1/a.ipynb#q1"]["label"] == "Loops", columns
    scores = [(line["resourceId"], line["score"]) for line in lines if "score" in line]
    for resource, score in scores:
        grade = Grade().set_score_given(score["scoreGiven"]).set_score_maximum(score["scoreMaximum"])
        grade.set_activity_progress(score["activityProgress"]).set_grading_progress(score["gradingProgress"])
        grade.set_timestamp(score["timestamp"]).set_user_id(score["userId"])
        assert json.loads(grade.get_value()) == score, score
        assert score["scoreMaximum"] == columns[resource]["scoreMaximum"], score
    told = [(score["userId"], score["scoreGiven"], score["activityProgress"]) for _, score in scores]
    assert told == [("s-1", 1, "InProgress"), ("山田", 4, "Completed"), ("山田", 1, "Completed")], told
