"""Every operation: declared as 0.8 defined it, lowered by a rule of the same signature."""

import importlib
import inspect
import pkgutil

import pytest

import tracer
import tracer.nn
import tracer.ops
from lowering import registry
from lowering.slice import FRAMES, MERGES, SWITCHES, VARIABLES
from tracer import opdef
from tracer.declare import DECLARATIONS

for module in pkgutil.iter_modules(tracer.ops.__path__):
    importlib.import_module(f"tracer.ops.{module.name}")
registry.load()

INTERPRETED = {"Placeholder", *VARIABLES, *FRAMES, *SWITCHES, *MERGES}  # the interpreters give them their meaning
NOT_OF_A_RULE = {  # attributes that say nothing about the value
    "T", "N", "dtype", "Tparams", "Tindices", "use_locking", "validate_shape", "shape", "seed", "seed2", "name",
}


@pytest.mark.parametrize("type", sorted(set(DECLARATIONS) - INTERPRETED))
def test_declared_is_lowered(type):
    assert registry.find(type) is not None


@pytest.mark.parametrize("type", sorted(type for type in registry.RULES if type in opdef.names()))
def test_lowered_is_declared(type):
    assert type in DECLARATIONS


@pytest.mark.parametrize("type", sorted(type for type, rule in registry.RULES.items() if type in DECLARATIONS))
def test_rule_has_the_signature_of_the_definition(type):
    rule, definition = registry.RULES[type], opdef.find(type)
    unknown = set(rule.attrs) - set(definition.attributes)
    assert not unknown, f"the rule takes attributes that {type} does not have"
    code = getattr(rule.function, "__code__", None)
    takes_any = code is not None and code.co_flags & inspect.CO_VARARGS
    if code is not None and not takes_any and rule.function.__module__.startswith("lowering"):
        assert code.co_argcount == len(definition.inputs)


@pytest.mark.parametrize("type", sorted(DECLARATIONS))
def test_declaration_is_documented_or_private(type):
    function = DECLARATIONS[type].function
    assert function.__doc__ or function.__name__.startswith("_")


def test_definitions_can_all_be_read():
    for name in opdef.names():
        definition = opdef.find(name)
        for argument in (*definition.inputs, *definition.outputs):
            for attr in (argument.type_attr, argument.number_attr, argument.list_attr):
                assert attr is None or attr in definition.attributes
