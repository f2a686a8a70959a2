"""The OpenAPI description of the open data, written by hand; tests compare it with the responses and the addresses."""

from django.conf import settings

from pledges.commitments.models import FIGURES
from pledges.counting.suppression import THRESHOLD

MOMENT = {"type": "string", "format": "date-time", "description": "The moment of these figures, with its offset."}
PEOPLE = PIXELS = {"type": "integer", "minimum": 0}
NAMED = {
    "type": "object",
    "required": ["total", "sq", "en"],
    "properties": {"total": PEOPLE, "sq": {"type": "string"}, "en": {"type": "string"}},
    "additionalProperties": False,
}
SECTORS = "By a permanent name. `children` is always there: they are counted in groups only, by an adult, without their names."
COUNTIES = (
    "By ISO 3166-2 code; `abroad` is outside Albania, `unknown` is people who did not give a county. A figure moves at most "
    f"once an hour, and only by {THRESHOLD} people or more; 0 stands for fewer than {THRESHOLD}."
)

STEP = {
    "type": "object",
    "required": ["date", "state", "sq", "en", "source"],
    "properties": {
        "date": {"type": "string", "format": "date"},
        "state": {
            "type": "string",
            "enum": ["asked", "in_review", "adopted", "in_force", "working", "refused", "withdrawn", "unknown"],
        },
        "sq": {"type": "string"},
        "en": {"type": "string"},
        "source": {
            "type": "object",
            "required": ["title", "url"],
            "properties": {"title": {"type": "string"}, "url": {"type": "string", "format": "uri"}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}

SCHEMAS = {
    "Totals": {
        "type": "object",
        "description": (
            "`total` is the sum of `online`, `groups` and `paper`, and of `sectors`, exactly and live. `counties` sum to "
            "`counties_total`, the people whose county is published as of `counties_as_of`; it can be above `total` for a while "
            "after people have withdrawn."
        ),
        "required": [
            "as_of",
            "total",
            "online",
            "groups",
            "paper",
            "sectors",
            "counties_as_of",
            "counties_total",
            "counties",
        ],
        "properties": {
            "as_of": MOMENT,
            "total": PEOPLE,
            "online": PEOPLE,
            "groups": PEOPLE,
            "paper": PEOPLE,
            "sectors": {
                "type": "object",
                "required": ["children"],
                "additionalProperties": NAMED,
                "description": SECTORS,
            },
            "counties_as_of": {**MOMENT, "description": "When figures of counties were last published."},
            "counties_total": PEOPLE,
            "counties": {"type": "object", "additionalProperties": NAMED, "description": COUNTIES},
        },
        "additionalProperties": False,
    },
    "Days": {
        "type": "object",
        "description": (
            "How many supporters joined on each day (Tirana time). Days with none are left out; the rest sum to `total`."
        ),
        "required": ["as_of", "total", "days"],
        "properties": {
            "as_of": MOMENT,
            "total": PEOPLE,
            "days": {
                "type": "object",
                "propertyNames": {"format": "date"},
                "additionalProperties": {"type": "integer", "minimum": 1},
            },
        },
        "additionalProperties": False,
    },
    "Demands": {
        "type": "object",
        "description": (
            "What the movement asks of the state, and what has happened to each demand. `sq` and `en` of a demand are its title, "
            "of a step what happened. `institution` is the official name of the institution that answers for it today; null "
            "stands for “we do not know”. `steps` are in the order of their dates; a step that was corrected is replaced by its "
            "correction. In the state `unknown` we do not know how the demand stands."
        ),
        "required": ["demands"],
        "properties": {
            "demands": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["key", "sq", "en", "institution", "steps"],
                    "properties": {
                        **dict.fromkeys(["key", "sq", "en"], {"type": "string"}),
                        "institution": {"type": ["string", "null"]},
                        "steps": {"type": "array", "items": STEP},
                    },
                    "additionalProperties": False,
                },
            },
        },
        "additionalProperties": False,
    },
    "Embed": {
        "type": "object",
        "description": (
            "`type` is `rich` for the totals, with the counter as `html`, and `link` for a county or an article. The thumbnail "
            "is missing where `maxwidth` or `maxheight` has no room for it."
        ),
        "required": ["version", "type", "title", "provider_name", "provider_url"],
        "properties": {
            **dict.fromkeys(["version", "type", "title", "provider_name", "provider_url"], {"type": "string"}),
            **dict.fromkeys(["html", "thumbnail_url"], {"type": "string"}),
            **dict.fromkeys(["width", "height", "thumbnail_width", "thumbnail_height"], PIXELS),
        },
        "additionalProperties": False,
    },
}
SCHEMAS["Commitments"] = {
    "type": "object",
    "description": (
        f"What supporters of each sector chose to do, and what became of it, as published soon after midnight in Tirana. Each "
        f"number is rounded down separately, to a multiple of {THRESHOLD}, and null below {THRESHOLD} or where it would tell too "
        "much of too few people; so numbers of one row need not add up. `asked` are people who wanted to be asked how it went, "
        "30 and 90 days after they chose, each counted once; `silent` are those of them who have not answered. `answered` "
        "contains those who gave the commitment up, which has no number of its own. Before the first state `as_of` is null."
    ),
    "required": ["as_of", "commitments"],
    "properties": {
        "as_of": {**MOMENT, "type": ["string", "null"]},
        "commitments": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sector", "key", "sq", "en", *FIGURES],
                "properties": {
                    **dict.fromkeys(["sector", "key", "sq", "en"], {"type": "string"}),
                    **dict.fromkeys(
                        FIGURES, {"type": ["integer", "null"], "minimum": THRESHOLD, "multipleOf": THRESHOLD}
                    ),
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
PARAMETERS = [
    ("url", {"type": "string"}, "The web address of the totals, of a county or of an article, in either language."),
    ("format", {"type": "string", "enum": ["json"]}, "Any other format is answered with 501."),
    ("maxwidth", {"type": "integer"}, "The largest width in pixels."),
    ("maxheight", {"type": "integer"}, "The largest height in pixels."),
]
CSV = "UTF-8 with a byte order mark, commas, a first row of names: {columns}."


def description():
    """The description as a dictionary for JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "#NEJEMI1 · #WEARE1: open data",
            "version": "1",
            "description": (
                "How many supporters the movement has: people who signed online and confirmed it, people in groups, and marks "
                "on paper. All live figures are from the same moment; a "
                "response may be ten seconds old. County figures have a publication time of their own. "
                "Any site can send requests from a browser; an ETag lets you skip the body while nothing has changed. "
                f"How we count: {settings.SITE_URL}/en/how-we-count/"
            ),
            "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        },
        "servers": [{"url": settings.SITE_URL}],
        "paths": {
            "/api/v1/totals.json": _json("totals", "The totals, by sector, county and way of signing", "Totals"),
            "/api/v1/totals.csv": _csv("totalsAsCsv", "The same as a file of rows", "kind, code, sq, en, total, as_of"),
            "/api/v1/days.json": _json("days", "How many supporters joined on each day", "Days"),
            "/api/v1/days.csv": _csv("daysAsCsv", "The same as a file of rows", "day, people, as_of"),
            "/api/v1/demands.json": _json("demands", "The demands on the state, with their steps", "Demands"),
            "/api/v1/commitments.json": _json("commitments", "Commitments chosen and kept", "Commitments"),
            "/api/v1/commitments.csv": _csv(
                "commitmentsAsCsv",
                "The same as a file of rows, a number below five is empty",
                f"sector, key, sq, en, {', '.join(FIGURES)}, as_of",
            ),
            "/oembed": _embed(),
            "/api/v1/openapi.json": _get(
                "description", "This description", {"application/json": {"schema": {"type": "object"}}}
            ),
        },
        "components": {"schemas": SCHEMAS},
    }


def _json(name, summary, schema):
    return _get(name, summary, {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}})


def _csv(name, summary, columns):
    schema = {"type": "string", "description": CSV.format(columns=columns)}
    return _get(name, summary, {"text/csv": {"schema": schema}})


def _embed():
    """oEmbed, which has parameters and answers of its own."""
    embed = _json("embed", "How other sites show a link to the totals, a county or an article (oEmbed 1.0)", "Embed")
    embed["get"]["parameters"] = [
        {"name": name, "in": "query", "required": name == "url", "schema": schema, "description": words}
        for name, schema, words in PARAMETERS
    ]
    embed["get"]["responses"] |= {
        "400": {"description": "`url` is missing."},
        "404": {"description": "Nothing can be embedded from this address."},
        "501": {"description": "The only format is JSON."},
    }
    return embed


def _get(name, summary, content):
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "responses": {
                "200": {"description": "What was asked for.", "content": content},
                "304": {"description": "Nothing but the moment has changed since the ETag sent with `If-None-Match`."},
            },
        }
    }
