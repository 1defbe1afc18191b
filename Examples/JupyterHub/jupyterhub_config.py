"""What a hub's own jupyterhub_config.py needs for ProgressBus, beside its authenticator and spawner."""

import os
import sys
from pathlib import Path

# The hub's configuration is no module; the recipe lies beside it.
sys.path.insert(0, str(Path(__file__).parent))

import progressbus_hub

c = get_config()  # noqa: F821
c.Spawner.pre_spawn_hook = progressbus_hub.token_hook(
    # Where learners' servers reach ProgressBus, such as https://bus.school.example.
    url=os.environ["PROGRESSBUS_URL"],
    # The same secret as ProgressBus's. Readable by the hub's account alone.
    secret_file=os.environ["PROGRESSBUS_JWT_SECRET_FILE"],
    # Other groups than nbgrader's:
    # courses=progressbus_hub.courses_by_group({"py101-students": "py101"}, {"py101-staff": "py101"}),
)
