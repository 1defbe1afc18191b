"""Sends what a lesson reports to its learning record store, with tincan, the library of xAPI for Python.

usage: xapi_client.py ENDPOINT TOKEN      prints what the store answered, in JSON
"""

import json
import sys

from tincan import Activity, ActivityDefinition, Agent, AgentAccount, Context, ContextActivities, RemoteLRS, Result, Score
from tincan import Statement, Verb

store = RemoteLRS(version="1.0.3", endpoint=sys.argv[1], username="lesson", password=sys.argv[2])
learner = Agent(name="Ada", account=AgentAccount(home_page="https://school.example", name="s-1"))
notebook = Activity(id="https://school.example/week1.ipynb")


def statement(verb, **more):
    return Statement(actor=learner, verb=Verb(id=f"http://adlnet.gov/expapi/verbs/{verb}", display={"en-US": verb}), **more)


exercise = Activity(
    id="https://school.example/loops", definition=ActivityDefinition(name={"en-US": "Loops"}, type="http://adlnet.gov/expapi/activities/question"))
inside = Context(context_activities=ContextActivities(parent=[notebook]))
opened = statement("initialized", object=notebook, id="12345678-1234-4678-9234-567812345678", timestamp="2026-11-27T08:28:47Z")
answered = statement(
    "answered", object=exercise, context=inside, result=Result(success=True, score=Score(raw=3, min=0, max=4), duration="PT12S"))
waved = statement("waved", object=notebook)
again = store.save_statement(opened)
print(json.dumps({
    "about": json.loads(store.about().data),
    "put": [store.save_statement(opened).response.status, again.response.status],
    "post": [str(kept.id) for kept in store.save_statements([answered, waved]).content],
    "refused": store.save_statement(Statement(actor=learner, verb=Verb(id="no IRI"), object=notebook)).response.status,
    "another": store.save_statement(Statement(actor=Agent(mbox="mailto:s-2@school.example"), verb=opened.verb, object=notebook)).response.status,
}))
