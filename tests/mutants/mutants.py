"""Which mutants a file has, and in which order they are tried."""
import random

import cpp_rules
import sql_rules
import tla_rules
from cpp_tokens import Source
from edits import mutants_from

# The files that decide verdicts.
DEFAULT_FILES = [
    "model/checker/*.h",
    "model/catalog/model.cpp",
    "model/catalog/model.h",
    "model/catalog/protocol.cpp",
    "model/state_version/*",
    "model/online/*",
    "crashsim/explore/moves.h",
    "crashsim/explore/accompanied_moves.h",
    "crashsim/explore/learned.cpp",
    "crashsim/explore/explorer.cpp",
    "crashsim/explore/recheck.cpp",
    "crashsim/live/execution.cpp",
    "crashsim/live/live_world.cpp",
    "crashsim/live/accompanied_world.cpp",
    "crashsim/random/random_search.cpp",
    "crashsim/sdk/*.cpp",
    "crashsim/sdk/view.h",
    "properties/catalog/adaptor.cpp",
    "properties/catalog/properties.cpp",
    "properties/catalog/mapping.cpp",
    "properties/catalog/process_subject.cpp",
    "properties/state_version/*.cpp",
    "properties/online/*.cpp",
    "engines/model/model_companion.h",
    "engines/model/model_check.h",
    "engines/model/model_graph.h",
    "crashsim/process/process_check.cpp",
    "crashsim/process/process_history.cpp",
    "properties/catalog/file_monitor.cpp",
    "impl/store/simulated_store.cpp",
    "impl/store/sqlite*.cpp",
    "impl/store/store.cpp",
    "impl/store/snapshot.cpp",
    "impl/catalog/*.cpp",
    "impl/state_version/*",
    "impl/online/*",
    "tla/tlc.cpp",
    "tla/messages.cpp",
    "tla/process.cpp",
    "tla/configuration.cpp",
    "engines/*.cpp",
    "cli/check.cpp",
    "tla/*/*.tla",
    "tla/*/*/*.cfg",
]

# How much sooner than others the mutants of a rule are tried: those first that went unnoticed before.
_WEIGHTS = {
    "dropped statement": 6,
    "condition": 3,
    "replaced return": 3,
    "SQL": 6,
    "dropped term": 2,
    "dropped bullet": 2,
    "dropped invariant": 2,
    "constant": 0.5,
    "bound": 0.3,
}


def edits_of(file, text):
    if file.endswith(".tla"):
        return list(tla_rules.module_edits(text))
    if file.endswith(".cfg"):
        return list(tla_rules.configuration_edits(text))
    source = Source(text)
    spared = list(cpp_rules.untouchable(source))
    edits = [edit for rule in cpp_rules.RULES + sql_rules.RULES for edit in rule(source)]
    return [edit for edit in edits
            if not any(start <= edit.start and edit.end <= end for start, end in spared)]


def mutants_of(file, text):
    return mutants_from(file, text, edits_of(file, text))


def shuffled(mutants, seed):
    """In an order that depends on the seed and on what the mutants are, not on where they stand."""
    def key(mutant):
        draw = random.Random(f"{seed} {mutant.name}").random()
        return -draw ** (1 / _WEIGHTS.get(mutant.rule, 1))

    return sorted(mutants, key=key)
