"""The OpenAPI description of the open data, written by hand; tests compare it with the responses and the addresses."""

from django.conf import settings

from pledges.totals.suppression import THRESHOLD

MOMENT = {"type": "string", "format": "date-time", "description": "The moment of these figures, with its offset."}
PEOPLE = {"type": "integer", "minimum": 0}
NAMED = {
    "type": "object",
    "required": ["total", "sq", "en"],
    "properties": {"total": PEOPLE, "sq": {"type": "string"}, "en": {"type": "string"}},
    "additionalProperties": False,
}
COUNTIES = (
    "By ISO 3166-2 code; `abroad` is outside Albania, `unknown` holds those who gave none. A figure moves at most once an hour, "
    f"and only by {THRESHOLD} people or more; 0 stands for fewer than {THRESHOLD}."
)

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
            "sectors": {"type": "object", "additionalProperties": NAMED, "description": "By a name that stays."},
            "counties_as_of": {**MOMENT, "description": "When figures of counties were last published."},
            "counties_total": PEOPLE,
            "counties": {"type": "object", "additionalProperties": NAMED, "description": COUNTIES},
        },
        "additionalProperties": False,
    },
    "Days": {
        "type": "object",
        "description": "How many confirmed on each day in Tirana. Days of nobody are left out; the others sum to `total`.",
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
    "SectorsByCounty": {
        "type": "object",
        "description": (
            f"The table of one day, published soon after midnight in Tirana, with small-cell suppression: a number under "
            f"{THRESHOLD} is null, and so are other numbers from which it could be computed. A number moves only by {THRESHOLD} "
            f"people or more, and a row only once its sector has changed by as many; so a row can differ from its sum. `sectors` "
            "sum to `total`; `counties` are the published figures of that moment. `cells` is missing while the sums alone "
            "determine every number. Before the first table only `as_of` (null) and `hidden_below` exist."
        ),
        "required": ["as_of", "hidden_below"],
        "properties": {
            "as_of": {**MOMENT, "type": ["string", "null"]},
            "hidden_below": PEOPLE,
            "total": PEOPLE,
            "sectors": {"type": "object", "additionalProperties": PEOPLE},
            "counties": {"type": "object", "additionalProperties": PEOPLE, "description": COUNTIES},
            "cells": {
                "type": "object",
                "description": "By sector, then by county.",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": {"type": ["integer", "null"], "minimum": 0},
                },
            },
        },
        "additionalProperties": False,
    },
}
CSV = "UTF-8 with a byte order mark, commas, a first row of names: {columns}."


def description():
    """The description as a dictionary for JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "#NEJEMI1 · #WEARE1: open data",
            "version": "1",
            "description": (
                "How many have signed the pledge and confirmed it. Live figures of all parts are of one moment; an answer may be "
                "ten seconds old. Figures by county are published, with a time of their own. "
                "Any site may ask from a browser; an ETag spares the rest while nothing has changed. "
                f"How we count: {settings.SITE_URL}/en/how-we-count/"
            ),
            "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        },
        "servers": [{"url": settings.SITE_URL}],
        "paths": {
            "/api/v1/totals.json": _json("totals", "The totals, by sector, county and way of signing", "Totals"),
            "/api/v1/totals.csv": _csv("totalsAsCsv", "The same as a file of rows", "kind, code, sq, en, total, as_of"),
            "/api/v1/days.json": _json("days", "How many confirmed on each day", "Days"),
            "/api/v1/days.csv": _csv("daysAsCsv", "The same as a file of rows", "day, people, as_of"),
            "/api/v1/sectors-by-county.json": _json("sectorsByCounty", "Sectors by counties", "SectorsByCounty"),
            "/api/v1/sectors-by-county.csv": _csv(
                "sectorsByCountyAsCsv",
                "The same as a file of rows, `total` empty where it is hidden",
                "sector, county, sector_sq, sector_en, county_sq, county_en, total, as_of",
            ),
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


def _get(name, summary, content):
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "responses": {
                "200": {"description": "The figures.", "content": content},
                "304": {"description": "Nothing but the moment has changed since the ETag sent with `If-None-Match`."},
            },
        }
    }
