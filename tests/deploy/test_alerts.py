"""deploy/alerts.yml: every alert is explained, names metrics that exist, and fires when its cause is there."""

import re
import subprocess

import pytest
import yaml
from django.conf import settings

from pledges import metrics
from pledges.management.commands.metrics import SCRAPED
from tests.drill import require_program

ALERTS = settings.BASE_DIR / "deploy" / "alerts.yml"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
# Metrics of Prometheus itself and of the blackbox exporter.
FOREIGN = {"up", "probe_success"}
# {alert: (series of a time in which all is well, of the time in which it must fire)}: expressions of `promtool test rules`.
EXAMPLES = {
    "SiteDown": {'probe_success{job="weare1-page"}': ("1", "0")},
    "NotReady": {'probe_success{job="weare1-readyz"}': ("1", "0")},
    "MetricsMissing": {'up{job="weare1"}': ("1", "0")},
    "PagesFail": {'weare1_exceptions_total{view="campaign:home"}': ("0", "0+1x")},
    "ErrorRate": {
        'weare1_request_seconds_count{view="pledges:sign", status="5xx", by="django"}': ("0", "0+6x"),
        'weare1_request_seconds_count{view="pledges:sign", status="2xx", by="django"}': ("0+60x", "0+60x"),
    },
    "SlowPages": {
        'weare1_request_seconds_bucket{view="pledges:totals", le="1.0"}': ("0+60x", "0"),
        'weare1_request_seconds_bucket{view="pledges:totals", le="5.0"}': ("0+60x", "0+60x"),
        'weare1_request_seconds_bucket{view="pledges:totals", le="+Inf"}': ("0+60x", "0+60x"),
        'weare1_request_seconds_count{view="pledges:totals"}': ("0+60x", "0+60x"),
    },
    "ManyRefusedForms": {'weare1_request_seconds_count{view="pledges:sign", status="429"}': ("0+6x", "0+90x")},
    "FormsWait": {"weare1_oldest_form_seconds": ("1", "300")},
    "NoConfirmations": {
        'weare1_forms_total{kind="pledge", outcome="stored"}': ("0+1x", "0+1x"),
        "weare1_confirmations_total": ("0+1x", "7"),
    },
    "ConnectionsFull": {
        "weare1_database_connections": ("20", "95"),
        "weare1_database_connections_limit": ("100", "100"),
    },
}
# Without it MetricsMissing fires everywhere.
UP = {'up{job="weare1", instance="other"}': "1"}
# Above the longest `for`.
MINUTES = 90


def exported():
    """The names of all metrics that the code exports, as Prometheus stores them."""
    names = {f"weare1_{name}" for name in SCRAPED}
    for family in metrics.REGISTRY.collect():
        names |= {
            "histogram": {f"{family.name}_{suffix}" for suffix in ("bucket", "count", "sum")},
            "counter": {f"{family.name}_total"},
        }.get(family.type, {family.name})
    return names


def names_in(expression):
    """The metrics that an expression of PromQL names."""
    without_labels = re.sub(r"\{[^}]*\}|\b(by|on|group_right) \([^)]*\)", "", expression)
    found = set(re.findall(r"\b([a-z]\w*)\b(?! *\()", without_labels))
    return found - {"or", "and", "on", "by", "group_right", *re.findall(r"\[(?:\d+)([mh])\]", expression)}


@pytest.mark.quick
def test_every_alert_names_metrics_that_exist_its_entry_in_the_runbook_and_has_an_example():
    text = (settings.BASE_DIR / "docs" / "operating.md").read_text()
    runbook = text.partition("\n### Alerts\n")[2].partition("\n## ")[0]
    alerts = [rule["alert"] for rule in RULES]
    assert re.findall(r"^#### (.*)$", runbook, re.MULTILINE) == alerts == list(EXAMPLES)
    for rule in RULES:
        names = names_in(rule["expr"])
        assert names and names - exported() - FOREIGN == set(), rule
        assert rule["for"] and rule["labels"]["severity"] in ("critical", "warning"), rule
        assert rule["annotations"]["summary"].endswith("."), rule
        assert rule["annotations"]["runbook"] == f"docs/operating.md#{rule['alert'].lower()}"


def written(series, index):
    """Input series for `promtool test rules`."""
    lines = UP | {name: values[index] for name, values in series.items()}
    # "0+6x" grows by six a minute, "5" stays.
    return [
        {"series": name, "values": f"{value}{MINUTES}" if value.endswith("x") else f"{value}x{MINUTES}"}
        for name, value in lines.items()
    ]


@pytest.mark.drill(only=True)
def test_prometheus_takes_the_rules_and_each_alert_fires_for_its_cause_only(tmp_path):
    promtool = require_program("promtool", "apt-get install promtool")
    tests = [
        {
            "interval": "1m",
            "input_series": written(EXAMPLES[rule["alert"]], index),
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{rule["alert"]}", alertstate="firing"}}) or vector(0)',
                    "eval_time": f"{MINUTES}m",
                    "exp_samples": [{"value": index}],
                }
            ],
        }
        for rule in RULES
        for index in (0, 1)
    ]
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
