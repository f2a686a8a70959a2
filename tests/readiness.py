"""The answer of /readyz."""

from pledges.models import Heartbeat


def failing_checks(client, with_worker=True):
    """The names of the failed checks; the status must agree with them. By default a worker has just written its heartbeat."""
    if with_worker:
        Heartbeat.beat()
    response = client.get("/readyz")
    found = response.json()
    assert response.status_code == (503 if found["wrong"] else 200) and found["ready"] == (not found["wrong"])
    return found["wrong"]
