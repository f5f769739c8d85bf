"""The catalogue of bad inputs: what is given, and what must be answered."""

from bad_inputs import configuration, files, keys, kpis, machine, parameters, shapes, tables, values
from bad_inputs.case import Case

FAMILIES: dict[str, tuple[Case, ...]] = {
    "files": files.CASES,
    "values": values.CASES,
    "keys": keys.CASES,
    "shapes": shapes.CASES,
    "other tables": tables.CASES,
    "surveys": kpis.SURVEYS,
    "support, visits, products, spend, actions": kpis.EVENTS,
    "configuration": configuration.CASES,
    "goals, settings, indicators, hours": kpis.SETTINGS,
    "machine": machine.CASES,
    "parameters": parameters.CASES,
}
CASES = {case.name: case for cases in FAMILIES.values() for case in cases}
