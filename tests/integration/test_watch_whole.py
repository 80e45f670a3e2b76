"""A watch whose project is changed, or broken, while it goes on."""

import pytest

from lab.watching import Watching
from test_watch import executions, project, world  # noqa: F401  pylint: disable=unused-import

BROKEN = {"manifest": "hadeploy.yaml", "template": "web.yaml"}


def steps(world):  # pylint: disable=redefined-outer-name
    return [{"Name": "fence", "Type": "Http", "Method": "POST",
             "Url": f"http://127.0.0.1:{world.port}/fence"},
            {"Name": "scale", "Type": "Apply", "Stack": "web", "Region": "west"}]


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_told_and_fences_nobody(tmp_path, world, what):  # noqa: F811
    made = project(tmp_path, world, steps=steps(world))
    whole = (made.dir / BROKEN[what]).read_text()
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        made.put(BROKEN[what], whole + "  : broken [\n")
        assert watch.until(event="broken")["text"]
        assert watch.said(code="HD2717")
        world.stop("east")
        assert watch.until(event="ends")["text"] == "refused"
        assert world.posted == [] and executions(made) == []
        # Whole again, it is tried at once.
        made.put(BROKEN[what], whole)
        watch.until(event="read")
        watch.until(event="ends", text="COMPLETED")
        assert world.posted == ["/fence"]
        assert watch.end() == 0


def test_a_new_version_is_watched(tmp_path, world):  # noqa: F811
    made = project(tmp_path, world)
    with Watching(made) as watch:
        watch.until(event="standing", state="HEALTHY")
        made.manifest["Watch"].append({"Check": "shop", "Region": "south", "Runbook": "failover",
                                       "CoolDown": "0s",
                                       "Parameters": {"From": "south", "To": "best"}})
        made.save()
        watch.until(event="read")
        watch.until(event="standing", state="HEALTHY", region="south")
        assert len(watch.events(event="standing", region="east")) == 1, "it did not forget"
        world.stop("south")
        watch.until(event="ends", text="COMPLETED")
        assert executions(made)[0]["parameters"]["From"] == "south"
        assert not watch.events(event="broken")
        assert watch.end() == 0
