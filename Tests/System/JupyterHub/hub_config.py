"""A hub as a school has one, with the recipe in it, on one account and with one password for all."""

import json
import os
from pathlib import Path

c = get_config()  # noqa: F821
given = json.loads(os.environ["HUB_TEST_SETTINGS"])

load_subconfig(str(Path(given["recipe"]) / "jupyterhub_config.py"))  # noqa: F821

c.JupyterHub.bind_url, c.JupyterHub.hub_bind_url, c.ConfigurableHTTPProxy.api_url = (
    f"http://127.0.0.1:{port}" for port in given["ports"])
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(Path(given["folder"]) / "home-{username}")
c.Spawner.args = ["--allow-root"]
# As /etc/ipython/ipython_config.py would, which tests leave alone.
c.Spawner.environment = {"IPYTHONDIR": given["ipython"]}
c.Spawner.http_timeout = c.Spawner.start_timeout = 180
c.JupyterHub.load_groups = given["groups"]
# What the tests do as an administrator, and nbgrader's course service.
c.JupyterHub.services = [
    {"name": "administrator", "api_token": given["api_token"]},
    {"name": "progressbus", "api_token": given["roster_token"]}]
c.JupyterHub.load_roles = [
    {"name": "administrator", "services": ["administrator"],
     "scopes": ["admin:users", "admin:servers", "admin:groups", "access:servers"]},
    {"name": "progressbus", "services": ["progressbus"], "scopes": ["read:groups"]}]
